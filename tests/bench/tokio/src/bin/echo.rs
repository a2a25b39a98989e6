// echo.rs - an echo server on tokio's current-thread executor.
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

async fn serve(mut peer: TcpStream, size: usize) {
    let mut buffer = vec![0; size];
    while let Ok(n @ 1..) = peer.read(&mut buffer).await {
        if peer.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}

async fn accept_all(size: usize) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("echo: listening on {}", listener.local_addr().unwrap());
    loop {
        let (peer, _) = listener.accept().await.unwrap();
        let _ = peer.set_nodelay(true);
        tokio::spawn(serve(peer, size));
    }
}

fn main() {
    let size = std::env::args().nth(1).map_or(16384, |n| n.parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    runtime.block_on(async move { tokio::spawn(accept_all(size)).await.unwrap() });
}
