//! Credentials that a machine in a cloud provides for its programs. Without credentials in the options, a client asks
//! the machine. Outside a cloud there is no answer. This module makes that an error within seconds, which says how to
//! give credentials.

use object_store::{CredentialProvider, Error as Failure, Result};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest wait. A machine that has credentials answers at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// The providers that ask the machine, by object_store's names for them.
const ASKING: [&str; 4] = ["InstanceCredential", "TaskCredential", "EKSPodCredential", "ImdsManagedIdentity"];

/// Asks the machine. Without an answer, the error says what to do.
#[derive(Debug)]
struct Asking<C: fmt::Debug> {
    machine: Arc<dyn CredentialProvider<Credential = C>>,
    /// How to give credentials.
    advice: &'static str,
    /// Whether the machine has answered before. It then has credentials, and the wait is not limited.
    known: AtomicBool,
}

/// Returns a provider that limits the wait, if this one asks the machine.
pub(super) fn soon<C: fmt::Debug + Send + Sync + 'static>(
    provider: &Arc<dyn CredentialProvider<Credential = C>>,
    advice: &'static str,
) -> Option<Arc<dyn CredentialProvider<Credential = C>>> {
    // Only the `Debug` text shows the type of a provider. The text is not used for anything else.
    let described = format!("{provider:?}");
    let asks = ASKING.iter().any(|name| described.contains(name));
    asks.then(|| Arc::new(Asking { machine: provider.clone(), advice, known: AtomicBool::new(false) }) as _)
}

type Answer<'a, C> = Pin<Box<dyn Future<Output = Result<Arc<C>>> + Send + 'a>>;

impl<C: fmt::Debug + Send + Sync + 'static> CredentialProvider for Asking<C> {
    type Credential = C;

    fn get_credential<'life, 'answer>(&'life self) -> Answer<'answer, C>
    where
        'life: 'answer,
        Self: 'answer,
    {
        Box::pin(async move {
            let answer = self.machine.get_credential();
            if self.known.load(Ordering::Relaxed) {
                return answer.await;
            }
            let none = |why: String| Failure::Unauthenticated {
                path: String::new(),
                source: Box::new(NoCredentials { advice: self.advice, why }),
            };
            match tokio::time::timeout(PATIENCE, answer).await {
                Ok(Ok(credential)) => {
                    self.known.store(true, Ordering::Relaxed);
                    Ok(credential)
                }
                Ok(Err(error)) => Err(none(error.to_string())),
                Err(_) => Err(none(format!("it did not answer within {} seconds", PATIENCE.as_secs()))),
            }
        })
    }
}

/// The error of a client without credentials.
#[derive(Debug)]
pub(super) struct NoCredentials {
    advice: &'static str,
    why: String,
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { advice, why } = self;
        write!(
            f,
            "there are no credentials: {advice} (the metadata service, which provides credentials on machines in a \
                cloud, was asked as well: {why})"
        )
    }
}

impl std::error::Error for NoCredentials {}
