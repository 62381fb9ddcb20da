//! A checksum against typing errors. It is no proof against anyone who means it.

/// CRC-32 as in ISO 3309: any error within 32 bits in a row changes it.
pub(super) fn of(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn gives_the_check_value_of_the_standard() {
        assert_eq!(super::of(b"123456789"), 0xCBF4_3926);
    }
}
