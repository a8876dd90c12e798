//! Passwords: argon2id at rest (`docs/wire/auth.md`, design, item 3).

use std::{sync::Arc, thread};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::Error as HashError,
};
use tokio::{
    sync::Semaphore,
    task::{self, JoinError},
};
use unicode_normalization::UnicodeNormalization;

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// What each hash made with these parameters begins with.
const CURRENT: &str = "$argon2id$v=19$m=19456,t=2,p=1$";

/// Verified against where there is no such user, so that the answer takes as long. No password
/// is known to give it, and who verifies against it is refused whatever comes out.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$aGVyYWxkL25vYm9keQ$SG9wZWZ1bGx5IG5vYm9keSBoYXMgdGhpcyBwYXNzd2Q";

/// A password could not be hashed, or a stored hash not be read.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The hash's text is damaged, or memory is short.
    #[error("hashing failed: {0}")]
    Hash(#[from] HashError),
    /// The work was cut short.
    #[error("hashing was cut short: {0}")]
    Task(#[from] JoinError),
}

/// What comes out when a password is compared with a stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, and the hash was made with other parameters than today's.
    Outdated,
}

/// Hashes passwords, as many at once as there are processors: each takes 19 MiB.
#[derive(Debug, Clone)]
pub(super) struct Passwords(Arc<Semaphore>);

impl Passwords {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(
            thread::available_parallelism().map_or(1, Into::into),
        )))
    }

    /// A new hash as a PHC string.
    pub(super) async fn hash(
        &self,
        password: &str,
        salt: [u8; 16],
    ) -> Result<String, PasswordError> {
        let password = normal(password);
        let hash = self
            .run(move || argon2()?.hash_password_with_salt(password.as_bytes(), &salt))
            .await?;
        Ok(hash.to_string())
    }

    /// Compares with the stored hash; without one, takes as long and is wrong.
    pub(super) async fn verify(
        &self,
        password: &str,
        stored: Option<String>,
    ) -> Result<Verdict, PasswordError> {
        let password = normal(password);
        self.run(move || {
            let hash = PasswordHash::new(stored.as_deref().unwrap_or(NOBODYS))
                .map_err(|_| HashError::EncodingInvalid)?;
            match argon2()?.verify_password(password.as_bytes(), &hash) {
                Ok(()) if stored.is_none() => Ok(Verdict::Wrong),
                Ok(()) if stored.is_some_and(|hash| !hash.starts_with(CURRENT)) => {
                    Ok(Verdict::Outdated)
                }
                Ok(()) => Ok(Verdict::Right),
                Err(HashError::PasswordInvalid) => Ok(Verdict::Wrong),
                Err(error) => Err(error),
            }
        })
        .await
    }

    /// The permit stays with the work, which goes on when the client hangs up.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let permit = Arc::clone(&self.0).acquire_owned().await;
        let done = task::spawn_blocking(move || {
            let _permit = permit;
            work()
        });
        Ok(done.await??)
    }
}

/// The same password typed on two keyboards may come as different characters.
fn normal(password: &str) -> String {
    password.nfkc().collect()
}

fn argon2() -> Result<Argon2<'static>, HashError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_fits_its_password_however_it_was_typed() {
        let passwords = Passwords::new();
        let hash = passwords
            .hash("caf\u{e9} \u{fb01}ne", [7; 16])
            .await
            .unwrap();
        assert!(hash.starts_with(CURRENT), "{hash}");
        assert_eq!(
            passwords
                .verify("cafe\u{301} fine", Some(hash.clone()))
                .await
                .unwrap(),
            Verdict::Right
        );
        assert_eq!(
            passwords.verify("cafe fine", Some(hash)).await.unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn a_hash_of_other_parameters_is_right_and_outdated() {
        let weaker = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(64, 1, 1, None).unwrap(),
        );
        let hash = weaker
            .hash_password_with_salt(b"Correct-horse-1", &[7; 16])
            .unwrap()
            .to_string();
        assert_eq!(
            Passwords::new()
                .verify("Correct-horse-1", Some(hash))
                .await
                .unwrap(),
            Verdict::Outdated
        );
    }

    #[tokio::test]
    async fn nobodys_hash_costs_the_same_and_fits_nothing() {
        let nobodys = PasswordHash::new(NOBODYS).unwrap();
        assert_eq!(nobodys.to_string(), NOBODYS);
        assert!(NOBODYS.starts_with(CURRENT));
        assert_eq!(
            nobodys.hash.unwrap().as_bytes().len(),
            Params::DEFAULT_OUTPUT_LEN
        );
        assert_eq!(
            Passwords::new()
                .verify("Correct-horse-1", None)
                .await
                .unwrap(),
            Verdict::Wrong
        );
    }

    #[tokio::test]
    async fn a_damaged_hash_is_an_error_and_no_panic() {
        for damaged in [
            "",
            "$argon2id$",
            "scrypt:1234",
            "$argon2id$v=19$m=1,t=0,p=0$AAAA$AAAA",
        ] {
            assert!(
                Passwords::new()
                    .verify("Correct-horse-1", Some(damaged.into()))
                    .await
                    .is_err(),
                "{damaged}"
            );
        }
    }
}
