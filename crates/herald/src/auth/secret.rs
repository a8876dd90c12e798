//! The secret that signs cookies.

use std::{collections::HashSet, fs, io, io::Write, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use tempfile::NamedTempFile;

use crate::random::Random;

/// The fewest bytes that a secret may have.
const MIN_BYTES: usize = 32;
/// Random text of [`MIN_BYTES`] has far more different characters, even as hex digits.
const MIN_DIFFERENT: usize = 8;
/// Its name in the data folder.
const FILE_NAME: &str = "secret";

/// Signs cookies. Whoever has it can sign in as anybody.
#[derive(Debug, Clone)]
pub struct Secret(SecretString);

/// There is no usable secret. The text is one line, made for the operator.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It could be guessed.
    #[error(
        "HERALD_SECRET: too weak: it takes 32 random characters or more, for example from `openssl rand -hex 32`"
    )]
    Weak,
    /// The file in the data folder cannot be used.
    #[error("HERALD_DATA_DIR: the secret in {path} cannot be read or made: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// The file in the data folder was tampered with.
    #[error(
        "HERALD_DATA_DIR: the secret in {path} is too weak: delete the file, and all will have to sign in again"
    )]
    WeakFile {
        /// The file.
        path: String,
    },
}

impl Secret {
    /// Takes the operator's secret: at least 32 bytes, not all alike.
    pub fn from_text(text: &str) -> Result<Self, SecretError> {
        if is_weak(text) {
            Err(SecretError::Weak)
        } else {
            Ok(Self(text.into()))
        }
    }

    /// The secret that is kept in the data folder; made there at the first start, readable by its
    /// owner alone. Processes that start together get the same one.
    pub fn from_folder(data_dir: &Path, random: &Random) -> Result<Self, SecretError> {
        let path = data_dir.join(FILE_NAME);
        let text = read_or_make(data_dir, &path, random).map_err(|source| SecretError::File {
            path: path.display().to_string(),
            source,
        })?;
        let text = text.trim();
        if is_weak(text) {
            return Err(SecretError::WeakFile {
                path: path.display().to_string(),
            });
        }
        Ok(Self(text.into()))
    }

    /// A secret of its own for another purpose, the same at each start: base64url of 32 bytes, from
    /// which nobody gets back to this one.
    #[expect(clippy::missing_panics_doc, reason = "HMAC takes a key of any length")]
    pub fn derive(&self, purpose: &str) -> String {
        let mut derived =
            Hmac::<Sha256>::new_from_slice(self.bytes()).expect("HMAC takes a key of any length");
        derived.update(purpose.as_bytes());
        URL_SAFE_NO_PAD.encode(derived.finalize().into_bytes())
    }

    /// The bytes that key the signatures.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

fn is_weak(text: &str) -> bool {
    text.len() < MIN_BYTES || text.bytes().collect::<HashSet<_>>().len() < MIN_DIFFERENT
}

/// The file appears whole or not at all, and only if it was not there.
fn read_or_make(folder: &Path, path: &Path, random: &Random) -> io::Result<String> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read,
    }
    let mut file = NamedTempFile::new_in(folder)?;
    writeln!(
        file,
        "{}",
        URL_SAFE_NO_PAD.encode(random.bytes::<MIN_BYTES>())
    )?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => fs::read_to_string(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weak_secret_is_refused() {
        for weak in [
            "",
            "short",
            &"a".repeat(64),
            &"abcabcd".repeat(9),
            &"x1".repeat(15),
        ] {
            assert!(
                matches!(Secret::from_text(weak), Err(SecretError::Weak)),
                "{weak:?} passed"
            );
        }
        assert!(Secret::from_text("f3a9c1d27b604e85f3a9c1d27b604e85").is_ok());
    }

    #[test]
    fn the_first_start_makes_a_secret_and_the_next_finds_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = Secret::from_folder(folder.path(), &Random::seeded(1)).unwrap();
        let second = Secret::from_folder(folder.path(), &Random::seeded(2)).unwrap();
        assert_eq!(first.bytes(), second.bytes());
        assert_eq!(first.bytes().len(), 43);
        #[cfg(unix)]
        {
            let metadata = fs::metadata(folder.path().join(FILE_NAME)).unwrap();
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777,
                0o600
            );
        }
        let files = fs::read_dir(folder.path()).unwrap().count();
        assert_eq!(files, 1, "nothing but the secret is left behind");
    }

    #[test]
    fn a_secret_file_that_was_emptied_stops_the_start() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE_NAME), "").unwrap();
        let refused = Secret::from_folder(folder.path(), &Random::seeded(1));
        assert!(matches!(refused, Err(SecretError::WeakFile { .. })));
    }
}
