//! The loopback port.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use clctl_simulator::{Fate, Settings, Simulator, Span, serve};
use tokio::{net::TcpListener, sync::oneshot};

const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

fn ask(address: std::net::SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "POST / HTTP/1.1\r\nhost: sts\r\nconnection: close\r\ncontent-length: {}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n{BODY}",
        BODY.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok();
    answer
}

/// <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>
#[tokio::test]
async fn a_port_answers_until_it_is_shut_and_breaks_what_is_to_break() {
    let settings = Settings { latency: Span::fixed(0), ..Settings::calm() };
    let simulator = Simulator::in_memory(settings);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut server = tokio::task::JoinSet::new();
    server.spawn(serve(simulator.clone(), listener, async {
        stopped.await.ok();
    }));

    let answer = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(body.contains("<Account>123456789012</Account>"), "{body}");

    simulator.set_hook(std::sync::Arc::new(|_| Fate::DropBefore));
    let answer = tokio::task::spawn_blocking(move || ask(address)).await.unwrap();
    assert_eq!(answer, "");

    stop.send(()).unwrap();
    server.join_next().await.unwrap().unwrap().unwrap();
}
