//! Which addresses belong to the public internet.
//!
//! From IANA's registries of special-purpose addresses for IPv4 and IPv6. What is not reachable
//! from anywhere, or could mean something else inside this network, is not public.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks by their first address and the length of the prefix, in bits.
const BLOCKED_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),          // this host
    ([10, 0, 0, 0], 8),         // private
    ([100, 64, 0, 0], 10),      // carrier-grade NAT
    ([127, 0, 0, 0], 8),        // loopback
    ([168, 63, 129, 16], 32),   // the host agent of Azure, though a public address
    ([169, 254, 0, 0], 16),     // link-local, metadata services
    ([172, 16, 0, 0], 12),      // private
    ([192, 0, 0, 0], 24),       // IETF protocol assignments
    ([192, 0, 2, 0], 24),       // documentation
    ([192, 88, 99, 0], 24),     // 6to4 relays
    ([192, 168, 0, 0], 16),     // private
    ([198, 18, 0, 0], 15),      // benchmarking
    ([198, 51, 100, 0], 24),    // documentation
    ([203, 0, 113, 0], 24),     // documentation
    ([224, 0, 0, 0], 4),        // multicast
    ([240, 0, 0, 0], 4),        // reserved
    ([255, 255, 255, 255], 32), // broadcast
];

/// All of IPv6 that is handed out for unicast. Outside of it lie loopback, unique local (with
/// `fd00:ec2::254`), link-local, site-local, multicast and the compatible form of IPv4.
const UNICAST_V6: ([u16; 8], u32) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);

/// Within [`UNICAST_V6`].
const BLOCKED_V6: [([u16; 8], u32); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23), // IETF protocol assignments, Teredo
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32), // documentation
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16), // 6to4
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20), // documentation
];

/// The host agent of Azure, and the metadata service of Alibaba; those of others are link-local.
const METADATA_V4: [[u8; 4]; 2] = [[168, 63, 129, 16], [100, 100, 100, 200]];

const METADATA_V6: [([u16; 8], u32); 2] = [
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),          // link-local
    ([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), // Amazon's
];

/// The well-known prefix of NAT64 (RFC 6052): in a network without IPv4, every IPv4 host is met here.
const NAT64: ([u16; 8], u32) = ([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96);

/// Whether an address belongs to the public internet.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether an address hands out credentials or configuration to whoever asks: metadata services, and
/// all that is link-local. No setting opens them.
pub(super) fn is_metadata(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_metadata_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_metadata_v4(mapped),
            None => METADATA_V6.iter().any(|network| within(address, *network)),
        },
    }
}

fn is_metadata_v4(address: Ipv4Addr) -> bool {
    address.is_link_local() || METADATA_V4.contains(&address.octets())
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !BLOCKED_V4.iter().any(|(network, prefix)| {
        let differing = address.to_bits() ^ Ipv4Addr::from(*network).to_bits();
        differing.leading_zeros() >= *prefix
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    if within(address, NAT64) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    within(address, UNICAST_V6) && !BLOCKED_V6.iter().any(|network| within(address, *network))
}

fn within(address: Ipv6Addr, (network, prefix): ([u16; 8], u32)) -> bool {
    (address.to_bits() ^ Ipv6Addr::from(network).to_bits()).leading_zeros() >= prefix
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn knows_where_metadata_is_handed_out() {
        for text in [
            "169.254.169.254",
            "169.254.170.2",
            "168.63.129.16",
            "100.100.100.200",
            "fe80::1",
            "fd00:ec2::254",
        ] {
            assert!(is_metadata(text.parse().unwrap()), "{text}");
        }
        assert!(is_metadata("::ffff:169.254.169.254".parse().unwrap()));
        for text in ["127.0.0.1", "10.1.2.3", "192.168.0.1", "::1", "fd00::1", "8.8.8.8"] {
            assert!(!is_metadata(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn tells_public_from_other_addresses() {
        const PUBLIC: &str = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 52.94.0.1 100.63.255.255 100.128.0.0 \
            126.255.255.255 128.0.0.0 168.63.129.15 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 \
            192.0.1.0 192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 \
            2001:200:: 2001:4860:4860::8888 2600:1f18::1 2606:4700::1111 2a00:: 3ffe:ffff:: \
            64:ff9b::8.8.8.8 ::ffff:8.8.8.8";
        const OTHER: &str = "0.0.0.0 0.255.255.255 10.0.0.1 10.255.255.255 100.64.0.0 100.100.100.200 \
            100.127.255.255 127.0.0.1 127.255.255.255 168.63.129.16 169.254.0.0 169.254.169.254 \
            169.254.170.2 172.16.0.0 172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 \
            192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 \
            240.0.0.1 255.255.255.255 :: ::1 ::8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b:1::8.8.8.8 100::1 2001::1 \
            2001:1ff:: 2001:db8::1 2002:808:808::1 3fff::1 3fff:fff:: 4000:: 5f00::1 fc00::1 fd00:ec2::254 \
            fdff:: fe80::1 fec0::1 ff02::1 ffff::";
        for (list, expected) in [(PUBLIC, true), (OTHER, false)] {
            for text in list.split_whitespace() {
                assert_eq!(is_public(text.parse().unwrap()), expected, "{text}");
            }
        }
    }

    /// Every form in which an IPv6 address can carry an IPv4 address.
    fn embeddings(address: Ipv4Addr) -> [Ipv6Addr; 6] {
        let bits = u128::from(address.to_bits());
        [
            address.to_ipv6_mapped().to_bits(),
            // Compatible, and translated (RFC 2765).
            bits,
            (0xffff << 48) | bits,
            // NAT64, 6to4, Teredo (which inverts the client's address).
            (0x64_ff9b << 96) | bits,
            (0x2002 << 112) | (bits << 80) | 1,
            (0x2001 << 112) | (u128::from(u32::MAX) ^ bits),
        ]
        .map(Ipv6Addr::from_bits)
    }

    proptest! {
        #[test]
        fn a_blocked_address_is_blocked_in_every_embedding(
            (network, host) in (0..BLOCKED_V4.len(), any::<u32>())
        ) {
            let (network, prefix) = BLOCKED_V4[network];
            let mask = u32::MAX.checked_shr(prefix).unwrap_or(0);
            let address = Ipv4Addr::from(Ipv4Addr::from(network).to_bits() | (host & mask));
            prop_assert!(!is_public(address.into()), "{address}");
            for embedded in embeddings(address) {
                prop_assert!(!is_public(embedded.into()), "{address} as {embedded}");
            }
        }
    }
}
