// http.rs - a small HTTP server on tokio's current-thread executor: see ../../../io/http.h.
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const BODY: usize = 1024;
const ROOM: usize = 4096;

fn take(buffer: &mut [u8], size: &mut usize) -> bool {
    let Some(end) = buffer[..*size].windows(4).position(|w| w == b"\r\n\r\n") else {
        return false;
    };
    buffer.copy_within(end + 4..*size, 0);
    *size -= end + 4;
    true
}

async fn serve(mut peer: TcpStream, response: Arc<Vec<u8>>) -> std::io::Result<()> {
    let mut buffer = [0; ROOM];
    let mut size = 0;
    loop {
        while take(&mut buffer, &mut size) {
            peer.write_all(&response).await?;
        }
        match peer.read(&mut buffer[size..]).await? {
            0 => return Ok(()),
            n => size += n,
        }
    }
}

async fn accept_all() {
    let mut response = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {BODY}\r\nConnection: keep-alive\r\n\r\n"
    )
    .into_bytes();
    response.resize(response.len() + BODY, b'x');
    let response = Arc::new(response);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("http: listening on {}", listener.local_addr().unwrap());
    loop {
        let (peer, _) = listener.accept().await.unwrap();
        let _ = peer.set_nodelay(true);
        tokio::spawn(serve(peer, response.clone()));
    }
}

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async move { tokio::spawn(accept_all()).await.unwrap() });
}
