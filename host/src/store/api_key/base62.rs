//! Numbers as letters and digits, which a double click selects as one word.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A big-endian number in base 62, at a fixed width that is wide enough for it.
pub(super) fn encode<const N: usize>(mut number: [u8; N], width: usize) -> String {
    let mut digits: Vec<u8> = Vec::with_capacity(width);
    for _ in 0..width {
        let mut remainder = 0_u32;
        for byte in &mut number {
            let value = remainder << 8 | u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or_default();
            remainder = value % 62;
        }
        digits.extend(DIGITS.get(remainder as usize));
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_at_a_fixed_width() {
        assert_eq!(encode([0, 0], 3), "000");
        assert_eq!(encode([0, 61], 3), "00z");
        assert_eq!(encode([0, 62], 3), "010");
        assert_eq!(encode(u32::MAX.to_be_bytes(), 6), "4gfFC3");
    }

    #[test]
    fn has_room_for_256_bits_in_43_digits() {
        assert_ne!(encode([u8::MAX; 32], 43), encode([u8::MAX; 32], 44).get(..43).unwrap_or_default());
        assert!(encode([u8::MAX; 32], 44).starts_with('0'));
    }
}
