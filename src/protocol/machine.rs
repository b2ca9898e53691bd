//! Credentials that a machine of a cloud has for its programs. Where none are given they are asked for, and elsewhere there
//! is nobody to answer: that is told soon, and in other words than those of the machine's protocol.

use object_store::{CredentialProvider, Error as Failure, Result};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A machine that has credentials answers at once.
const PATIENCE: Duration = Duration::from_secs(3);

/// The providers, as object_store calls them, that ask the machine.
const ASKING: [&str; 4] = ["InstanceCredential", "TaskCredential", "EKSPodCredential", "ImdsManagedIdentity"];

/// Asks the machine, and says what to do if there is nothing.
#[derive(Debug)]
struct Asking<C: fmt::Debug> {
    machine: Arc<dyn CredentialProvider<Credential = C>>,
    /// How credentials are given.
    advice: &'static str,
    /// Whether the machine has answered before: it then has credentials, and may take its time.
    known: AtomicBool,
}

/// The provider, if it asks the machine, in a form that does so in a few seconds.
pub(super) fn soon<C: fmt::Debug + Send + Sync + 'static>(
    provider: &Arc<dyn CredentialProvider<Credential = C>>,
    advice: &'static str,
) -> Option<Arc<dyn CredentialProvider<Credential = C>>> {
    // What a provider is can be read nowhere else. The text goes no further.
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

/// There are no credentials.
#[derive(Debug)]
pub(super) struct NoCredentials {
    advice: &'static str,
    why: String,
}

impl fmt::Display for NoCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { advice, why } = self;
        write!(f, "there are no credentials: {advice} (the machine was asked too, as one of a cloud has some: {why})")
    }
}

impl std::error::Error for NoCredentials {}
