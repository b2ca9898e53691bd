//! Makes the client of an object store from a URL and options.

use super::objects::Objects;
use super::secrets::Secrets;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
use super::{endpoint, machine};
use crate::error::{Error, Result};
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
use crate::near::did_you_mean;
use object_store::list::PaginatedListStore;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use percent_encoding::percent_decode_str;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Opens the place of a URL. The options are those of object_store. An unknown option is an error.
pub(crate) fn open(url: &str, options: &[(String, String)]) -> Result<Objects> {
    // The URL may contain credentials, which must not get into a message.
    let cannot = |error| Error::invalid("not a URL: write it as s3://bucket/folder").with_source(error);
    let parsed = Url::parse(url).map_err(cannot)?;
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(Error::invalid("credentials do not belong in the URL: give them as options or in the environment"));
    }
    let folder = percent_decode_str(parsed.path()).decode_utf8_lossy();
    if parsed.query().is_some() || parsed.fragment().is_some() {
        return Err(Error::invalid("a storage's URL has no \"?\" and no \"#\": give what follows as options"));
    }
    let OpenedStore { client, pages, secrets } = client(&parsed, options)?;
    let store = format!("{}://{}", parsed.scheme(), parsed.host_str().unwrap_or_default());
    let objects = Objects::new(client, &folder, store.clone())?.listing(pages).hiding(secrets);
    // Each client of a store in memory has its own store.
    Ok(if parsed.scheme() == "memory" { objects } else { objects.of_store(&identity(&store, options)) })
}

/// Returns the same text for clients with the same URL and options. It does not reveal the options.
fn identity(store: &str, options: &[(String, String)]) -> String {
    let mut options: Vec<_> = options.iter().collect();
    options.sort_unstable();
    blake3::hash(format!("{store} {options:?}").as_bytes()).to_string()
}

/// A client.
struct OpenedStore {
    client: Arc<dyn ObjectStore>,
    /// The same client, if it shows the pages of its listings.
    pages: Option<Arc<dyn PaginatedListStore>>,
    /// The secrets that no error may contain.
    secrets: Secrets,
}

fn client(url: &Url, options: &[(String, String)]) -> Result<OpenedStore> {
    match url.scheme() {
        "memory" => {
            if let Some((key, _)) = options.first() {
                return Err(Error::invalid(format!("memory:// has no options: remove the option {}", shown(key))));
            }
            let client = Arc::new(object_store::memory::InMemory::new());
            Ok(OpenedStore { client, pages: None, secrets: Secrets::default() })
        }
        #[cfg(feature = "s3")]
        "s3" | "s3a" => s3(url, options),
        #[cfg(feature = "gcs")]
        "gs" => gcs(url, options),
        #[cfg(feature = "azure")]
        "az" | "azure" | "abfs" | "abfss" => azure(url, options),
        #[cfg(not(feature = "gcs"))]
        "gs" => Err(Error::unsupported("gs:// needs the feature `gcs` of arraystow")),
        #[cfg(not(feature = "azure"))]
        "az" | "azure" | "abfs" | "abfss" => Err(Error::unsupported("az:// needs the feature `azure` of arraystow")),
        #[cfg(not(feature = "s3"))]
        "s3" | "s3a" => Err(Error::unsupported("s3:// needs the feature `s3` of arraystow")),
        "gcs" => Err(Error::unsupported("gcs:// is not supported: write gs://")),
        scheme => Err(Error::unsupported(format!(
            "{scheme}:// is not supported: use s3://bucket/folder, or the path of a folder (for an S3 server other than \
             Amazon's, set the option aws_endpoint)"
        ))),
    }
}

#[cfg(feature = "s3")]
const AWS_ADVICE: &str = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or give the options \
                          aws_access_key_id and aws_secret_access_key (the files of the aws command are not read); for a \
                          public bucket set the option aws_skip_signature to true";
#[cfg(feature = "gcs")]
const GOOGLE_ADVICE: &str = "set GOOGLE_APPLICATION_CREDENTIALS or GOOGLE_SERVICE_ACCOUNT in the environment to the path of \
                             a key's file, or give it as the option google_service_account; for a public bucket set the \
                             option google_skip_signature to true";
#[cfg(feature = "azure")]
const AZURE_ADVICE: &str = "set AZURE_STORAGE_ACCOUNT_KEY in the environment, or give the option azure_storage_account_key; \
                            for a public container set the option azure_skip_signature to true";

#[cfg(feature = "s3")]
fn s3(url: &Url, options: &[(String, String)]) -> Result<OpenedStore> {
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    const KNOWN: &[&str] = &[
        "aws_access_key_id",
        "aws_secret_access_key",
        "aws_session_token",
        "aws_region",
        "aws_default_region",
        "aws_endpoint",
        "aws_endpoint_url",
        "aws_allow_http",
        "aws_virtual_hosted_style_request",
        "aws_unsigned_payload",
        "aws_skip_signature",
        "aws_checksum_algorithm",
        "aws_conditional_put",
        "aws_copy_if_not_exists",
        "aws_s3_express",
        "aws_imdsv1_fallback",
        "aws_metadata_endpoint",
        "aws_container_credentials_relative_uri",
        "aws_web_identity_token_file",
        "aws_role_arn",
        "aws_role_session_name",
        "aws_disable_bulk_delete",
        "aws_disable_tagging",
        "aws_request_payer",
        "aws_server_side_encryption",
        "aws_sse_kms_key_id",
        "allow_invalid_certificates",
        "connect_timeout",
        "timeout",
        "proxy_url",
        "user_agent",
    ];
    let mut builder = AmazonS3Builder::new();
    // Like `from_env`, except that an empty variable counts as not set.
    for (name, value) in std::env::vars_os() {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
        if name.starts_with("AWS_")
            && !value.is_empty()
            && let Ok(key) = name.to_ascii_lowercase().parse()
        {
            builder = builder.with_config(key, value);
        }
    }
    builder = builder.with_url(url.as_str());
    for (key, value) in options {
        let known: AmazonS3ConfigKey = key.to_ascii_lowercase().parse().map_err(|_| unknown_option(key, KNOWN))?;
        builder = builder.with_config(known, value);
    }
    let is = |key: AmazonS3ConfigKey| {
        let value = builder.get_config_value(&key).unwrap_or_default().to_ascii_lowercase();
        matches!(value.as_str(), "1" | "true" | "on" | "yes" | "y")
    };
    let addresses = [
        AmazonS3ConfigKey::S3Endpoint,
        AmazonS3ConfigKey::Endpoint,
        AmazonS3ConfigKey::MetadataEndpoint,
        AmazonS3ConfigKey::StsEndpoint,
        AmazonS3ConfigKey::ContainerCredentialsFullUri,
    ];
    let mut endpoint = None;
    for key in addresses {
        let Some(value) = builder.get_config_value(&key) else { continue };
        let option = if key == AmazonS3ConfigKey::Endpoint { "aws_endpoint" } else { key.as_ref() };
        let address = endpoint::check(option, &value)?;
        if matches!(key, AmazonS3ConfigKey::S3Endpoint | AmazonS3ConfigKey::Endpoint) {
            if !is(AmazonS3ConfigKey::VirtualHostedStyleRequest) {
                endpoint::check_no_bucket(option, &address, url.host_str().unwrap_or_default())?;
            }
            endpoint = endpoint.or(Some(address));
        }
    }
    if let Some(region) = builder.get_config_value(&AmazonS3ConfigKey::Region) {
        endpoint::check_region(&region)?;
    }
    let plain = endpoint.is_some_and(|endpoint| endpoint.scheme() == "http");
    let allow_http = AmazonS3ConfigKey::Client(object_store::ClientConfigKey::AllowHttp);
    if plain && !is(allow_http) {
        return Err(Error::invalid(
            "the endpoint begins with http://, which is not encrypted: give an https:// one, or set the option \
             aws_allow_http to true",
        ));
    }
    // TLS protects the payload already. Signing it as well makes puts three times as slow.
    if !plain && builder.get_config_value(&AmazonS3ConfigKey::UnsignedPayload).is_none() {
        builder = builder.with_unsigned_payload(true);
    }
    // Including the secrets from the environment.
    let credentials = [AmazonS3ConfigKey::AccessKeyId, AmazonS3ConfigKey::SecretAccessKey, AmazonS3ConfigKey::Token];
    let credentials = credentials.iter().filter_map(|key| builder.get_config_value(key)).collect();
    let builder = builder.with_retry(retries());
    let client = builder.clone().build().and_then(|client| match machine::soon(client.credentials(), AWS_ADVICE) {
        Some(soon) => builder.with_credentials(soon).build(),
        None => Ok(client),
    });
    built(client, options, credentials)
}

#[cfg(feature = "gcs")]
fn gcs(url: &Url, options: &[(String, String)]) -> Result<OpenedStore> {
    use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
    const KNOWN: &[&str] = &[
        "google_service_account",
        "google_service_account_key",
        "google_application_credentials",
        "google_bucket",
        "google_skip_signature",
    ];
    let mut builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str());
    for (key, value) in options {
        let known: GoogleConfigKey = key.to_ascii_lowercase().parse().map_err(|_| unknown_option(key, KNOWN))?;
        builder = builder.with_config(known, value);
    }
    if let Some(address) = builder.get_config_value(&GoogleConfigKey::BaseUrl) {
        endpoint::check("google_base_url", &address)?;
    }
    let credentials = [GoogleConfigKey::ServiceAccountKey];
    let credentials = credentials.iter().filter_map(|key| builder.get_config_value(key)).collect();
    let builder = builder.with_retry(retries());
    let client = builder.clone().build().and_then(|client| match machine::soon(client.credentials(), GOOGLE_ADVICE) {
        Some(soon) => builder.with_credentials(soon).build(),
        None => Ok(client),
    });
    built(client, options, credentials)
}

#[cfg(feature = "azure")]
fn azure(url: &Url, options: &[(String, String)]) -> Result<OpenedStore> {
    use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
    const KNOWN: &[&str] = &[
        "azure_storage_account_name",
        "azure_storage_account_key",
        "azure_storage_client_id",
        "azure_storage_client_secret",
        "azure_storage_tenant_id",
        "azure_storage_sas_key",
        "azure_storage_token",
        "azure_endpoint",
        "azure_skip_signature",
    ];
    let mut builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str());
    for (key, value) in options {
        let known: AzureConfigKey = key.to_ascii_lowercase().parse().map_err(|_| unknown_option(key, KNOWN))?;
        builder = builder.with_config(known, value);
    }
    let credentials =
        [AzureConfigKey::AccessKey, AzureConfigKey::ClientSecret, AzureConfigKey::SasKey, AzureConfigKey::Token];
    let credentials = credentials.iter().filter_map(|key| builder.get_config_value(key)).collect();
    for (key, option) in
        [(AzureConfigKey::Endpoint, "azure_endpoint"), (AzureConfigKey::MsiEndpoint, "azure_msi_endpoint")]
    {
        if let Some(address) = builder.get_config_value(&key) {
            endpoint::check(option, &address)?;
        }
    }
    let builder = builder.with_retry(retries());
    let client = builder.clone().build().and_then(|client| match machine::soon(client.credentials(), AZURE_ADVICE) {
        Some(soon) => builder.with_credentials(soon).build(),
        None => Ok(client),
    });
    built(client, options, credentials)
}

/// The parts of option names whose values are secret.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
const SECRET: [&str; 7] = ["key", "secret", "token", "password", "credential", "sas", "proxy"];

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn built<S: ObjectStore + PaginatedListStore>(
    built: object_store::Result<S>,
    options: &[(String, String)],
    mut credentials: Vec<String>,
) -> Result<OpenedStore> {
    let secret = |key: &str| SECRET.iter().any(|word| key.to_ascii_lowercase().contains(word));
    credentials.extend(options.iter().filter(|(key, _)| secret(key)).map(|(_, value)| value.clone()));
    match built {
        Ok(client) => {
            let client = Arc::new(client);
            Ok(OpenedStore { pages: Some(client.clone()), client, secrets: Secrets::new(credentials) })
        }
        Err(error) => {
            // A secret may have been given for the wrong option.
            credentials.extend(options.iter().map(|(_, value)| value.clone()));
            Err(Error::invalid("the object store cannot be opened with these options")
                .with_source(Secrets::new(credentials).cleaned(error)))
        }
    }
}

/// Bounds the retries: a server that is down is an error after one minute, not after three.
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn retries() -> RetryConfig {
    RetryConfig {
        max_retries: 8,
        retry_timeout: Duration::from_secs(60),
        backoff: BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() },
    }
}

#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
fn unknown_option(key: &str, known: &[&str]) -> Error {
    let names = || known.iter().copied();
    let near = did_you_mean(key, names()).or_else(|| {
        names().next().map(|name| format!("; the options are those of the crate object_store, such as {name:?}"))
    });
    let key = shown(&key.to_ascii_lowercase());
    Error::invalid(format!("there is no option {key}{}", near.unwrap_or_default()))
}

/// Returns an option's name for a message. A string that does not look like a name may be a secret in the wrong place,
/// and is not shown.
fn shown(key: &str) -> String {
    let is_name = key.len() <= 40 && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if is_name { format!("{key:?}") } else { "of that name (hidden: it may be a secret)".to_owned() }
}
