// rows.rs - the rows in Rust. A row's root is polled through a pointer, as an executor does.
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

static NEVER: AtomicI64 = AtomicI64::new(-1);

fn never() -> i64 {
    NEVER.load(Ordering::Relaxed)
}

fn mix(a: i64, b: i64) -> i64 {
    (a ^ b).wrapping_mul(5).wrapping_add(1)
}

struct Once(bool);

impl Future for Once {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        Poll::Pending
    }
}

// Keeps a future's poll from being inlined where it is awaited.
struct Opaque<F>(F);

impl<F: Future> Future for Opaque<F> {
    type Output = F::Output;
    #[inline(never)]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        unsafe { self.map_unchecked_mut(|s| &mut s.0) }.poll(cx)
    }
}

async fn step(a: i64, b: i64) -> i64 {
    if b == never() {
        Once(false).await;
    }
    mix(a, b)
}

async fn ready_visible(n: i64) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        sum = step(sum, i).await;
    }
    sum
}

async fn ready_opaque(n: i64) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        sum = Opaque(step(sum, i)).await;
    }
    sum
}

async fn suspend(n: i64) -> i64 {
    let mut sum = 0;
    for i in 0..n {
        Once(false).await;
        sum = mix(sum, i);
    }
    sum
}

async fn root_1(a: i64) -> i64 {
    Once(false).await;
    mix(a, 1)
}

macro_rules! leaf_levels {
    ($($this:ident $below:ident)*) => {
        $(async fn $this(n: i64) -> i64 { Opaque($below(n)).await })*
    };
}

macro_rules! root_levels {
    ($($this:ident $below:ident $level:literal)*) => {
        $(async fn $this(a: i64) -> i64 { mix(Opaque($below(a)).await, $level) })*
    };
}

leaf_levels! {
    leaf_2 suspend leaf_3 leaf_2 leaf_4 leaf_3 leaf_5 leaf_4 leaf_6 leaf_5 leaf_7 leaf_6 leaf_8 leaf_7
    leaf_9 leaf_8 leaf_10 leaf_9 leaf_11 leaf_10 leaf_12 leaf_11 leaf_13 leaf_12 leaf_14 leaf_13
    leaf_15 leaf_14 leaf_16 leaf_15 leaf_17 leaf_16 leaf_18 leaf_17 leaf_19 leaf_18 leaf_20 leaf_19
    leaf_21 leaf_20 leaf_22 leaf_21 leaf_23 leaf_22 leaf_24 leaf_23 leaf_25 leaf_24 leaf_26 leaf_25
    leaf_27 leaf_26 leaf_28 leaf_27 leaf_29 leaf_28 leaf_30 leaf_29 leaf_31 leaf_30 leaf_32 leaf_31
    leaf_33 leaf_32 leaf_34 leaf_33 leaf_35 leaf_34 leaf_36 leaf_35 leaf_37 leaf_36 leaf_38 leaf_37
    leaf_39 leaf_38 leaf_40 leaf_39 leaf_41 leaf_40 leaf_42 leaf_41 leaf_43 leaf_42 leaf_44 leaf_43
    leaf_45 leaf_44 leaf_46 leaf_45 leaf_47 leaf_46 leaf_48 leaf_47 leaf_49 leaf_48 leaf_50 leaf_49
    leaf_51 leaf_50 leaf_52 leaf_51 leaf_53 leaf_52 leaf_54 leaf_53 leaf_55 leaf_54 leaf_56 leaf_55
    leaf_57 leaf_56 leaf_58 leaf_57 leaf_59 leaf_58 leaf_60 leaf_59 leaf_61 leaf_60 leaf_62 leaf_61
    leaf_63 leaf_62 leaf_64 leaf_63
}

root_levels! {
    root_2 root_1 2 root_3 root_2 3 root_4 root_3 4 root_5 root_4 5 root_6 root_5 6 root_7 root_6 7
    root_8 root_7 8 root_9 root_8 9 root_10 root_9 10 root_11 root_10 11 root_12 root_11 12
    root_13 root_12 13 root_14 root_13 14 root_15 root_14 15 root_16 root_15 16
}

async fn leafloop_1(n: i64) -> i64 {
    Opaque(suspend(n)).await
}

async fn leafloop_64(n: i64) -> i64 {
    Opaque(leaf_64(n)).await
}

async fn rootloop_16(n: i64) -> i64 {
    let mut sum = 0;
    for _ in 0..n {
        sum = Opaque(root_16(sum)).await;
    }
    sum
}

async fn fib_of(n: i64) -> i64 {
    if n < 2 {
        Once(false).await;
        return n;
    }
    Box::pin(fib_of(n - 1)).await + Box::pin(fib_of(n - 2)).await
}

async fn fib(n: i64) -> i64 {
    let mut sum = 0;
    for _ in 0..n {
        sum += fib_of(25).await;
    }
    sum
}

fn run(mut root: Pin<Box<dyn Future<Output = i64>>>) -> i64 {
    let mut cx = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = root.as_mut().poll(&mut cx) {
            return result;
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let n: i64 = arguments[2].parse().unwrap();
    let root: Pin<Box<dyn Future<Output = i64>>> = match arguments[1].as_str() {
        "ready_visible" => Box::pin(ready_visible(n)),
        "ready_opaque" => Box::pin(ready_opaque(n)),
        "suspend" => Box::pin(suspend(n)),
        "leafloop_1" => Box::pin(leafloop_1(n)),
        "leafloop_64" => Box::pin(leafloop_64(n)),
        "rootloop_16" => Box::pin(rootloop_16(n)),
        "fib" => Box::pin(fib(n)),
        other => panic!("no test {other}"),
    };
    let start = Instant::now();
    let sum = run(root);
    println!("{} {}", sum, start.elapsed().as_nanos());
}
