//! The answers to requests.

use crate::state::{Object, State, UnderWay};
use crate::{BUCKET, KEY, SECRET};
use bytes::{Bytes, BytesMut};
use futures::{StreamExt, stream};
use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

/// Answers every connection, as long as the runtime runs.
pub(crate) async fn serve(service: Service, listener: tokio::net::TcpListener) {
    use hyper_util::rt::{TokioExecutor, TokioIo};
    let mut builder = s3s::service::S3ServiceBuilder::new(service);
    builder.set_auth(s3s::auth::SimpleAuth::from_single(KEY, SECRET));
    let service = builder.build();
    let http = Arc::new(hyper_util::server::conn::auto::Builder::new(TokioExecutor::new()));
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let (http, service) = (http.clone(), service.clone());
        tokio::spawn(async move {
            let _ = http.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

#[derive(Clone)]
pub(crate) struct Service(pub(crate) Arc<State>);

impl Service {
    async fn enter(&self, what: &'static str) -> S3Result<UnderWay> {
        let state = &self.0;
        *state.requests.lock().unwrap().entry(what).or_default() += 1;
        let now = state.under_way.fetch_add(1, SeqCst) + 1;
        state.most_under_way.fetch_max(now, SeqCst);
        let under_way = UnderWay(state.clone());
        let latency = state.latency_us.load(SeqCst);
        if latency > 0 {
            tokio::time::sleep(Duration::from_micros(latency)).await;
        }
        if state.forbidden.lock().unwrap().contains(&what) {
            return Err(s3_error!(AccessDenied));
        }
        let answered = state.requests_left.fetch_update(SeqCst, SeqCst, |left| match left {
            u64::MAX => Some(left),
            left => left.checked_sub(1),
        });
        if answered.is_err() {
            state.is_down.store(true, SeqCst);
            return Err(s3_error!(ServiceUnavailable));
        }
        let every = state.refuse_every.load(SeqCst);
        if every > 0 && state.counter.fetch_add(1, SeqCst).is_multiple_of(every) {
            return Err(s3_error!(SlowDown));
        }
        Ok(under_way)
    }

    async fn held(&self, key: &str) {
        let is_one = |end: &String| key.ends_with(end) || (end.ends_with('/') && key.contains(end));
        let is_held = || self.0.held_end.lock().unwrap().as_ref().is_some_and(is_one);
        if is_held() {
            self.0.held.fetch_add(1, SeqCst);
            while is_held() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            self.0.held.fetch_sub(1, SeqCst);
        }
    }

    fn with<R>(&self, bucket: &str, use_it: impl FnOnce(&mut BTreeMap<String, Object>) -> S3Result<R>) -> S3Result<R> {
        if bucket != BUCKET {
            return Err(s3_error!(NoSuchBucket));
        }
        use_it(&mut self.0.objects.lock().unwrap())
    }

    async fn put(&self, object: Object, input: PutObjectInput) -> S3Result<S3Response<PutObjectOutput>> {
        self.held(&input.key).await;
        let etag = object.etag.clone();
        let conditions = !self.0.ignores_conditions.load(SeqCst);
        self.with(&input.bucket, |objects| {
            let current = objects.get(&input.key);
            if conditions && input.if_none_match.is_some() && current.is_some() {
                return Err(s3_error!(PreconditionFailed));
            }
            if let Some(wanted) = input.if_match.as_ref().filter(|_| conditions) {
                let current = current.ok_or_else(|| s3_error!(NoSuchKey))?;
                if wanted.as_etag().is_some_and(|etag| !etag.strong_cmp(&ETag::Strong(current.etag.clone()))) {
                    return Err(s3_error!(PreconditionFailed));
                }
            }
            objects.insert(input.key.clone(), object);
            if let Some((_, prefix)) = self.0.thief.lock().unwrap().take_if(|(key, _)| *key == input.key) {
                objects.retain(|key, _| !key.starts_with(&prefix));
            }
            let mut intruder = self.0.intruder.lock().unwrap();
            if let Some((key, data)) = intruder.take_if(|(key, _)| *key == input.key) {
                objects.insert(key, self.0.object(data.into()));
            }
            Ok(())
        })?;
        let lost = input.key.contains(self.0.lost_part.lock().unwrap().as_str())
            && self.0.lost_answers.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok();
        if lost {
            return Err(s3_error!(SlowDown));
        }
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(ETag::Strong(etag)), ..Default::default() }))
    }

    fn find(&self, bucket: &str, key: &str) -> S3Result<Object> {
        self.with(bucket, |objects| objects.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey)))
    }
}

async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let mut data = BytesMut::new();
    if let Some(mut body) = body {
        while let Some(part) = body.next().await {
            data.extend_from_slice(&part.map_err(|_| s3_error!(IncompleteBody))?);
        }
    }
    Ok(data.freeze())
}

#[async_trait::async_trait]
impl S3 for Service {
    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let _under_way = self.enter("PUT").await?;
        let mut input = request.input;
        let contents = collect(input.body.take()).await?;
        let object = Object { metadata: input.metadata.take(), ..self.0.object(contents) };
        let service = self.clone();
        // What has arrived is carried out, although the client may be gone by then.
        tokio::spawn(async move { service.put(object, input).await }).await.unwrap()
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let _under_way = self.enter("GET").await?;
        let input = request.input;
        let object = self.find(&input.bucket, &input.key)?;
        let whole = object.data.len() as u64;
        let (data, range) = match input.range {
            None => (object.data, None),
            Some(range) => {
                let range = range.check(whole)?;
                let text = format!("bytes {}-{}/{whole}", range.start, range.end - 1);
                (object.data.slice(range.start as usize..range.end as usize), Some(text))
            }
        };
        let len = data.len() as i64;
        let body = StreamingBlob::wrap(stream::iter([Ok::<_, std::io::Error>(data)]));
        Ok(S3Response::new(GetObjectOutput {
            body: Some(body),
            content_length: Some(len),
            content_range: range,
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(object.modified.into()),
            metadata: object.metadata,
            ..Default::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let _under_way = self.enter("HEAD").await?;
        let object = self.find(&request.input.bucket, &request.input.key)?;
        Ok(S3Response::new(HeadObjectOutput {
            content_length: Some(object.data.len() as i64),
            e_tag: Some(ETag::Strong(object.etag)),
            last_modified: Some(object.modified.into()),
            metadata: object.metadata,
            ..Default::default()
        }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        let _under_way = self.enter("DELETE").await?;
        self.with(&request.input.bucket, |objects| Ok(objects.remove(&request.input.key)))?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(
        &self,
        request: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let _under_way = self.enter("DELETE many").await?;
        let mut deleted = Vec::new();
        self.with(&request.input.bucket, |objects| {
            for object in request.input.delete.objects {
                objects.remove(&object.key);
                deleted.push(DeletedObject { key: Some(object.key), ..Default::default() });
            }
            Ok(())
        })?;
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), ..Default::default() }))
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let _under_way = self.enter("COPY").await?;
        let CopySource::Bucket { bucket, key, .. } = &request.input.copy_source else {
            return Err(s3_error!(NotImplemented));
        };
        let copy = self.0.object(self.find(bucket, key)?.data);
        self.with(&request.input.bucket, |objects| Ok(objects.insert(request.input.key, copy)))?;
        Ok(S3Response::new(CopyObjectOutput::default()))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let _under_way = self.enter("BEGIN PARTS").await?;
        let id = format!("upload-{}", self.0.counter.fetch_add(1, SeqCst));
        self.0.uploads.lock().unwrap().insert(id.clone(), BTreeMap::new());
        let CreateMultipartUploadInput { bucket, key, .. } = request.input;
        Ok(S3Response::new(CreateMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            upload_id: Some(id),
            ..Default::default()
        }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let _under_way = self.enter("PUT PART").await?;
        let UploadPartInput { upload_id, part_number, body, .. } = request.input;
        let data = collect(body).await?;
        let mut uploads = self.0.uploads.lock().unwrap();
        uploads.get_mut(&upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?.insert(part_number, data);
        let e_tag = Some(ETag::Strong(format!("part-{part_number}")));
        Ok(S3Response::new(UploadPartOutput { e_tag, ..Default::default() }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let _under_way = self.enter("END PARTS").await?;
        let CompleteMultipartUploadInput { bucket, key, upload_id, .. } = request.input;
        let parts = self.0.uploads.lock().unwrap().remove(&upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?;
        let data: Vec<u8> = parts.into_values().flatten().collect();
        let object = self.0.object(data.into());
        let e_tag = Some(ETag::Strong(object.etag.clone()));
        self.with(&bucket, |objects| Ok(objects.insert(key.clone(), object)))?;
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket: Some(bucket),
            key: Some(key),
            e_tag,
            ..Default::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let _under_way = self.enter("GIVE UP PARTS").await?;
        self.0.uploads.lock().unwrap().remove(&request.input.upload_id);
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let _under_way = self.enter("LIST").await?;
        let input = request.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let most = input.max_keys.unwrap_or(1000).clamp(0, 1000) as usize;
        let after = input.continuation_token.clone().or(input.start_after.clone());
        let (mut contents, mut folders, mut last, mut truncated) = (Vec::new(), BTreeSet::new(), None, false);
        self.with(&input.bucket, |objects| {
            let from = match &after {
                Some(after) if *after >= prefix => Bound::Excluded(after.clone()),
                _ => Bound::Included(prefix.clone()),
            };
            for (key, object) in objects.range((from, Bound::Unbounded)).take_while(|(key, _)| key.starts_with(&prefix))
            {
                let folder = input.delimiter.as_deref().and_then(|delimiter| {
                    let end = key[prefix.len()..].find(delimiter)?;
                    Some(key[..prefix.len() + end + delimiter.len()].to_owned())
                });
                if folder.as_ref().is_some_and(|folder| {
                    folders.contains(folder) || after.as_deref().is_some_and(|after| after.starts_with(folder.as_str()))
                }) {
                    last = Some(key.clone());
                    continue;
                }
                if contents.len() + folders.len() >= most {
                    truncated = true;
                    break;
                }
                last = Some(key.clone());
                match folder {
                    Some(folder) => drop(folders.insert(folder)),
                    None => contents.push(Object_::of(key, object)),
                }
            }
            Ok(())
        })?;
        Ok(S3Response::new(ListObjectsV2Output {
            key_count: Some((contents.len() + folders.len()) as i32),
            max_keys: Some(most as i32),
            is_truncated: Some(truncated),
            next_continuation_token: last.filter(|_| truncated),
            name: Some(input.bucket),
            prefix: input.prefix,
            delimiter: input.delimiter,
            contents: Some(contents),
            common_prefixes: Some(folders.into_iter().map(|folder| CommonPrefix { prefix: Some(folder) }).collect()),
            ..Default::default()
        }))
    }
}

/// s3s' own type of an object in a listing.
struct Object_;

impl Object_ {
    fn of(key: &str, object: &Object) -> s3s::dto::Object {
        s3s::dto::Object {
            key: Some(key.to_owned()),
            size: Some(object.data.len() as i64),
            e_tag: Some(ETag::Strong(object.etag.clone())),
            last_modified: Some(object.modified.into()),
            ..Default::default()
        }
    }
}
