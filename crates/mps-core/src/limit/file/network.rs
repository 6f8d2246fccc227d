//! Refuses files on network file systems, whose users have different clocks.

use std::{fs::File, path::Path};

use crate::limit::shared::StoreError;

/// Returns an error when the file is on a network file system: other machines would write times of
/// their own clocks into it.
#[cfg(target_os = "linux")]
pub(super) fn refuse_network(file: &File, path: &Path) -> Result<(), StoreError> {
    use crate::limit::Unavailable;

    let stat = rustix::fs::fstatfs(file)
        .map_err(|error| super::file_error("inspect", path, error.into()))?;
    match network(stat.f_type.into()) {
        None => Ok(()),
        Some(name) => Err(StoreError::Permanent(
            Unavailable::new(format!(
                "the rate limiter's file {} is on a network file system ({name}), which machines with other clocks share",
                path.display()
            ))
            .with_hint("use a directory on a disk of this machine"),
        )),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn refuse_network(_: &File, _: &Path) -> Result<(), StoreError> {
    Ok(())
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
