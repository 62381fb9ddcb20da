//! Vectors made of a hash: the same text has the same vector, another text another one.

use serde_json::Value;

/// A vector of numbers from -1 to 1, of length 1 if `unit`, with as many digits as the service writes.
pub(super) fn of(text: &str, dimension: usize, unit: bool) -> Vec<f64> {
    let mut state = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let raw: Vec<f64> = (0..dimension).map(|_| number(next(&mut state))).collect();
    let length = if unit { raw.iter().map(|number| number * number).sum::<f64>().sqrt() } else { 1.0 };
    raw.into_iter().map(|number| (number / length * 1e8).round() / 1e8).collect()
}

/// The same vector as another type: a byte for each number, or a bit for each number with eight to a byte.
/// `binary` holds -1 and 1 for Titan, see there.
pub(super) fn typed(vector: &[f64], kind: &str) -> Vec<Value> {
    let scale = vector.iter().fold(f64::MIN_POSITIVE, |most, number| most.max(number.abs()));
    #[expect(clippy::cast_possible_truncation, reason = "from -127 to 128 by construction")]
    let byte = |number: &f64| (number / scale * 127.0).round() as i64;
    let bits = || {
        vector
            .chunks(8)
            .map(|eight| eight.iter().fold(0_i64, |bits, number| (bits << 1) | i64::from(*number > 0.0)))
    };
    match kind {
        "int8" => vector.iter().map(|number| byte(number).into()).collect(),
        "uint8" => vector.iter().map(|number| (byte(number) + 128).into()).collect(),
        "binary" => bits().map(|bits| (bits - 128).into()).collect(),
        "ubinary" => bits().map(Value::from).collect(),
        _ => vector.iter().copied().map(Value::from).collect(),
    }
}

/// SplitMix64, which spreads a small difference over all bits.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The high 32 bits as a number from -1 to 1.
fn number(bits: u64) -> f64 {
    let high = u32::try_from(bits >> 32).unwrap_or(u32::MAX);
    f64::from(high) / f64::from(u32::MAX) * 2.0 - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vector_depends_on_the_text_alone() {
        let one = of("one", 256, true);
        assert_eq!(one, of("one", 256, true));
        assert_ne!(one, of("two", 256, true));
        let length: f64 = one.iter().map(|number| number * number).sum();
        assert!((length - 1.0).abs() < 1e-6, "{length}");
        assert_eq!(of("one", 1536, false).len(), 1536);
    }

    #[test]
    fn types_have_their_ranges() {
        let vector = of("one", 256, true);
        for (kind, size, least, most) in [
            ("int8", 256, -127, 127),
            ("uint8", 256, 1, 255),
            ("binary", 32, -128, 127),
            ("ubinary", 32, 0, 255),
        ] {
            let values = typed(&vector, kind);
            assert_eq!(values.len(), size, "{kind}");
            let inside = |value: &Value| value.as_i64().is_some_and(|value| (least..=most).contains(&value));
            assert!(values.iter().all(inside), "{kind}");
        }
        assert_eq!(typed(&vector, "float").len(), 256);
    }
}
