// frames.rs - the programs of frames.c; prints the bytes of their futures.
use std::future::Future;
use std::hint::black_box;
use std::pin::{pin, Pin};
use std::task::{Context, Poll};

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

fn once() -> Once {
    Once(false)
}

// Both at once, or the first: the operands' futures beside whether each is done.
struct Join<A: Future, B: Future>(A, B, Option<A::Output>, Option<B::Output>);
struct Select<A, B>(A, B);

impl<A: Future, B: Future> Future for Join<A, B> {
    type Output = (A::Output, B::Output);
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let s = unsafe { self.get_unchecked_mut() };
        if s.2.is_none() {
            if let Poll::Ready(v) = unsafe { Pin::new_unchecked(&mut s.0) }.poll(cx) {
                s.2 = Some(v);
            }
        }
        if s.3.is_none() {
            if let Poll::Ready(v) = unsafe { Pin::new_unchecked(&mut s.1) }.poll(cx) {
                s.3 = Some(v);
            }
        }
        if s.2.is_some() && s.3.is_some() {
            return Poll::Ready((s.2.take().unwrap(), s.3.take().unwrap()));
        }
        Poll::Pending
    }
}

impl<A: Future<Output = i32>, B: Future<Output = i32>> Future for Select<A, B> {
    type Output = i32;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<i32> {
        let s = unsafe { self.get_unchecked_mut() };
        if let Poll::Ready(v) = unsafe { Pin::new_unchecked(&mut s.0) }.poll(cx) {
            return Poll::Ready(v);
        }
        unsafe { Pin::new_unchecked(&mut s.1) }.poll(cx)
    }
}

fn join<A: Future, B: Future>(a: A, b: B) -> Join<A, B> {
    Join(a, b, None, None)
}

#[derive(Clone, Copy)]
struct Big([u8; 256]);

fn value() -> i32 {
    black_box(1)
}

fn fill(to: &mut [u8]) {
    to[0] = black_box(1);
}

fn used(from: &[u8]) -> i32 {
    black_box(from)[0] as i32
}

async fn leaf3() -> i32 {
    let (a, b, c) = (value(), value(), value());
    once().await;
    a + b + c
}

async fn scopes2() {
    {
        let mut a = [0u8; 1024];
        fill(&mut a);
        once().await;
        used(&a);
    }
    {
        let mut b = [0u8; 1024];
        fill(&mut b);
        once().await;
        used(&b);
    }
}

async fn notlive() -> i32 {
    let n = {
        let mut a = [0u8; 1024];
        fill(&mut a);
        used(&a)
    };
    once().await;
    n
}

async fn argmove(big: Big) -> i32 {
    let mine = big;
    once().await;
    used(&mine.0)
}

async fn chain_1(n: i32) -> i32 {
    let a = value() + n;
    once().await;
    a
}

macro_rules! chain {
    ($($this:ident $below:ident)*) => {
        $(async fn $this(n: i32) -> i32 {
            let a = value() + n;
            a + $below(a + 1).await
        })*
    };
}
chain! { chain_2 chain_1 chain_3 chain_2 chain_4 chain_3 chain_5 chain_4 chain_6 chain_5 chain_7 chain_6
    chain8 chain_7 }

async fn join2() -> i32 {
    let (a, b) = join(leaf3(), leaf3()).await;
    a + b
}

async fn loop4k(n: i32) -> i32 {
    let mut a = [0u8; 4096];
    for _ in 0..n {
        fill(&mut a);
        once().await;
        used(&a);
        once().await;
    }
    used(&a)
}

async fn select2() -> i32 {
    Select(leaf3(), leaf3()).await
}

async fn scopes_scalar(n: i32) -> i32 {
    let mut sum = n;
    {
        let (a, b) = (value() as i64, value() as i64);
        once().await;
        sum += (a + b) as i32;
    }
    {
        let (a, b, c) = (value(), value(), value());
        once().await;
        sum += a + b + c;
    }
    sum
}

async fn padding() -> i32 {
    let a = value() as i8;
    let b = value() as i64;
    let c = value() as i16;
    let d = value() as i64;
    let e = value() as i8;
    once().await;
    (a as i64 + b + c as i64 + d + e as i64) as i32
}

async fn handover(big: Big) -> i64 {
    once().await;
    let n = used(&big.0) as i64;
    let mut next = Big([0; 256]);
    fill(&mut next.0);
    once().await;
    n + used(&next.0) as i64
}

async fn quarter() -> i32 {
    let mut a = [0u8; 256];
    fill(&mut a);
    once().await;
    used(&a)
}

async fn siblings(n: i32) -> i32 {
    let mut sum = quarter().await;
    if n > 1 {
        sum += quarter().await;
    } else {
        sum += leaf3().await;
    }
    sum
}

async fn child_then_buffer() -> i32 {
    let sum = quarter().await;
    let mut a = [0u8; 256];
    fill(&mut a);
    once().await;
    sum + used(&a)
}

async fn result_big() -> Big {
    let mut big = Big([0; 256]);
    fill(&mut big.0);
    once().await;
    big
}

async fn pass_1(big: Big) -> i32 {
    once().await;
    used(&big.0)
}

async fn pass_2(big: Big) -> i32 {
    pass_1(big).await
}

async fn pass_down(big: Big) -> i32 {
    pass_2(big).await
}

async fn join_many() -> i32 {
    let ((a, b), (c, d)) = join(join(leaf3(), leaf3()), join(leaf3(), leaf3())).await;
    a + b + c + d
}

async fn loop_mixed(n: i32) -> i64 {
    let mut sum = 0;
    for _ in 0..n {
        let before = value() as i64;
        once().await;
        let after = value() as i64;
        sum += before * after;
    }
    once().await;
    sum
}

async fn expression(n: i32) -> i32 {
    chain_1(n).await + chain_1(n + 1).await * chain_1(n + 2).await
}

fn show<F: Future>(name: &str, future: F) {
    println!("{} {}", name, std::mem::size_of::<F>());
    let _ = pin!(future);
}

fn main() {
    let big = Big([0; 256]);
    show("leaf3", leaf3());
    show("scopes2", scopes2());
    show("notlive", notlive());
    show("argmove", argmove(big));
    show("chain8", chain8(1));
    show("join2", join2());
    show("loop4k", loop4k(1));
    show("select2", select2());
    show("scopes_scalar", scopes_scalar(1));
    show("padding", padding());
    show("handover", handover(big));
    show("siblings", siblings(1));
    show("child_then_buffer", child_then_buffer());
    show("result_big", result_big());
    show("pass_down", pass_down(big));
    show("join_many", join_many());
    show("loop_mixed", loop_mixed(1));
    show("expression", expression(1));
}
