//! JSON lines as they come, and what reaches the socket when.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context as Task, Poll},
};

use axum::serve::Listener;
use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Mutex as AsyncMutex, oneshot},
};
use tower::ServiceExt as _;
use trpc_axum::{Error, Options, Router, input, mount};

use crate::{reference::Anyone, wire::get_lines};

/// Each call waits for its own gate.
#[derive(Clone)]
struct Gates(Arc<[AsyncMutex<Option<oneshot::Receiver<()>>>]>);

input! {
    struct GateInput {
        gate: u32 = integer(),
    }
}

async fn wait(_: Anyone, gates: Gates, input: GateInput) -> Result<u32, Error> {
    let gate = gates.0[input.gate as usize].lock().await.take();
    gate.expect("one call a gate")
        .await
        .expect("the test opens it");
    Ok(input.gate)
}

/// Three calls that wait: the service, the keys of the gates, the request's target.
fn gated() -> (axum::Router, [oneshot::Sender<()>; 3], String) {
    let (keys, gates): (Vec<_>, Vec<_>) = (0..3).map(|_| oneshot::channel()).unzip();
    let gates = gates
        .into_iter()
        .map(|gate| AsyncMutex::new(Some(gate)))
        .collect();
    let router = Router::new().query("wait", wait);
    let service = mount("/api/trpc", router, Gates(gates), Options::default());
    let input = r#"{"0":{"json":{"gate":0}},"1":{"json":{"gate":1}},"2":{"json":{"gate":2}}}"#;
    let input: String = url::form_urlencoded::byte_serialize(input.as_bytes()).collect();
    (
        service,
        keys.try_into().unwrap(),
        format!("wait,wait,wait?batch=1&input={input}"),
    )
}

#[tokio::test]
async fn the_head_comes_at_once_and_calls_in_order_of_completion() {
    let (service, keys, target) = gated();
    let mut body = service
        .oneshot(get_lines(&target))
        .await
        .unwrap()
        .into_body();
    let mut next = async || {
        let frame = body
            .frame()
            .await
            .map(|frame| frame.unwrap().into_data().unwrap());
        frame.map(|data| String::from_utf8(data.to_vec()).unwrap())
    };
    let head = r#"{"json":{"0":[[0],[null,0,0]],"1":[[0],[null,0,1]],"2":[[0],[null,0,2]]}}"#;
    assert_eq!(next().await.unwrap(), format!("{head}\n"));
    let mut chunk = 3;
    for (call, key) in keys.into_iter().enumerate().rev() {
        key.send(()).unwrap();
        let (result, data) = (chunk, chunk + 1);
        let lines = [
            format!(r#"{{"json":[{call},0,[[{{"result":0}}],["result",0,{result}]]]}}"#),
            format!(r#"{{"json":[{result},0,[[{{"data":0}}],["data",0,{data}]]]}}"#),
            format!(r#"{{"json":[{data},0,[[{call}]]]}}"#),
        ];
        assert_eq!(next().await.unwrap(), lines.join("\n") + "\n");
        chunk += 2;
    }
    assert_eq!(next().await, None);
}

#[tokio::test]
async fn the_last_line_and_the_end_are_one_write() {
    let (service, keys, target) = gated();
    let listener = Recorder::bind().await;
    let (address, writes) = (
        listener.listener.local_addr().unwrap(),
        Arc::clone(&listener.writes),
    );
    let server = tokio::spawn(async move { axum::serve(listener, service).await });

    let mut client = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET /api/trpc/{target} HTTP/1.1\r\nhost: localhost\r\ntrpc-accept: application/jsonl\r\n\r\n"
    );
    client.write_all(head.as_bytes()).await.unwrap();
    let mut seen = String::new();
    read_until(&mut client, &mut seen, "[null,0,2]]}}\n").await;
    for (key, last) in keys
        .into_iter()
        .zip(["[[0]]]}\n", "[[1]]]}\n", "[[2]]]}\n\r\n0\r\n\r\n"])
    {
        key.send(()).unwrap();
        read_until(&mut client, &mut seen, last).await;
    }
    server.abort();

    let writes = writes.lock().unwrap();
    let last = String::from_utf8_lossy(writes.last().unwrap());
    assert!(
        last.contains(r#""result":0"#) && last.ends_with("[[2]]]}\n\r\n0\r\n\r\n"),
        "{last}"
    );
}

pub(crate) async fn read_until(client: &mut TcpStream, seen: &mut String, end: &str) {
    let mut buffer = [0; 4096];
    while !seen.contains(end) {
        let read = client.read(&mut buffer).await.unwrap();
        assert!(read > 0, "closed after {seen}");
        seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
}

/// Listens and keeps what each write to a connection hands to the system.
struct Recorder {
    listener: TcpListener,
    writes: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Recorder {
    async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self {
            listener,
            writes: Arc::default(),
        }
    }
}

impl Listener for Recorder {
    type Io = Recorded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Recorded, SocketAddr) {
        let (stream, address) = self.listener.accept().await.unwrap();
        (
            Recorded {
                stream,
                writes: Arc::clone(&self.writes),
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

struct Recorded {
    stream: TcpStream,
    writes: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Recorded {
    fn keep(&self, written: &Poll<io::Result<usize>>, mut bytes: Vec<u8>) {
        if let Poll::Ready(Ok(count)) = written {
            bytes.truncate(*count);
            self.writes.lock().unwrap().push(bytes);
        }
    }
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(task, buffer)
    }
}

impl AsyncWrite for Recorded {
    fn poll_write(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(task, bytes);
        self.keep(&written, bytes.to_vec());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        task: &mut Task<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(task, buffers);
        self.keep(
            &written,
            buffers
                .iter()
                .flat_map(|buffer| buffer.iter().copied())
                .collect(),
        );
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(task)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, task: &mut Task<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(task)
    }
}
