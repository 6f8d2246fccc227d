//! Recognises files on network file systems, which machines with other clocks and locks share.

use std::{fs::File, io};

/// Returns the name of the network file system that contains a file, or `None` for a disk of this
/// machine and where it cannot be told.
///
/// # Errors
/// When the file system cannot be inspected.
#[cfg(target_os = "linux")]
pub fn network_file_system(file: &File) -> io::Result<Option<&'static str>> {
    let stat = rustix::fs::fstatfs(file)?;
    Ok(network(stat.f_type.into()))
}

/// Returns the name of the network file system that contains a file, or `None` for a disk of this
/// machine.
///
/// # Errors
/// When the file system cannot be inspected.
#[cfg(target_vendor = "apple")]
pub fn network_file_system(file: &File) -> io::Result<Option<&'static str>> {
    /// The flag of a file system that is stored on this machine (`MNT_LOCAL` of `sys/mount.h`).
    const LOCAL: u32 = 0x1000;
    const NETWORKS: [&str; 4] = ["nfs", "smbfs", "afpfs", "webdav"];

    let stat = rustix::fs::fstatfs(file)?;
    if stat.f_flags & LOCAL != 0 {
        return Ok(None);
    }
    let name: Vec<u8> = stat
        .f_fstypename
        .iter()
        .map(|byte| byte.cast_unsigned())
        .take_while(|byte| *byte != 0)
        .collect();
    let known = NETWORKS.iter().find(|known| known.as_bytes() == name);
    Ok(Some(known.copied().unwrap_or("another machine")))
}

/// Returns `None`: this system does not tell through the standard library.
///
/// # Errors
/// Never.
#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
pub fn network_file_system(_: &File) -> io::Result<Option<&'static str>> {
    Ok(None)
}

/// Returns the name of the network file system with this number (`linux/magic.h`), if it is one.
#[cfg(target_os = "linux")]
fn network(number: i128) -> Option<&'static str> {
    const NETWORKS: [(i128, &str); 7] = [
        (0x6969, "nfs"),
        (0x517b, "smb"),
        (0xff53_4d42, "cifs"),
        (0xfe53_4d42, "smb2"),
        (0x00c3_6400, "ceph"),
        (0x0102_1997, "9p"),
        (0x0bd0_0bd0, "lustre"),
    ];
    // Its width and sign differ between processors; the number has 32 bits.
    let number = number & 0xffff_ffff;
    let known = NETWORKS.iter().find(|(known, _)| *known == number);
    known.map(|(_, name)| *name)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_recognised_at_any_width_of_their_number() {
        for (number, name) in [
            (0x6969, Some("nfs")),
            (0xff53_4d42, Some("cifs")),
            (i128::from(0xff53_4d42_u32.cast_signed()), Some("cifs")),
            (0x0102_1997, Some("9p")),
            (0xef53, None),      // ext4
            (0x0102_1994, None), // tmpfs
            (0x794c_7630, None), // overlayfs
        ] {
            assert_eq!(network(number), name, "{number:x}");
        }
    }
}
