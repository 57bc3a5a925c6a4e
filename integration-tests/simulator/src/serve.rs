//! A simulator on a loopback port, for clients that are not in this process.
//!
//! Plain HTTP/1.1; `--endpoint-url` points the AWS CLI, boto3, Terraform or an SDK to it. All
//! services answer on the one port: the credential scope of a request says which is meant.

use std::{future::Future, io, pin::pin};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{Dropped, Simulator};

/// AWS's own limits are far below.
const LARGEST_BODY: usize = 4 << 20;

/// Answers on `listener` until `shutdown` ends.
///
/// A connection whose fate is to break is closed without an answer.
pub async fn serve(
    simulator: Simulator,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut shutdown = pin!(shutdown);
    let mut connections = JoinSet::new();
    loop {
        let stream = tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                Err(error) => return Err(error),
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => continue,
        };
        let simulator = simulator.clone();
        connections.spawn(async move {
            let service = service_fn(|request| answer(&simulator, request));
            let http = http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            // A broken connection is the client's to notice.
            http.await.ok();
        });
    }
}

async fn answer(
    simulator: &Simulator,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, LARGEST_BODY).collect().await else {
        return Err(Dropped::Reset);
    };
    let request = Request::from_parts(head, body.to_bytes());
    simulator.call(request).await.map(|it| it.map(Full::new))
}
