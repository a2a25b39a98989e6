// runtime.rs - the runtime's rows on tokio's current-thread executor. See ../../../runtime/row.h.
use std::cell::Cell;
use std::future::Future;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot, Mutex, Notify};

const OTHERS: i64 = 100_000;
const CAPACITY: usize = 1024;
const TIMEOUT: Duration = Duration::from_secs(30);

fn value(i: i64) -> i64 {
    (i * 31 + 7) & 1023
}

fn sleep_ms(i: i64, lead: i64) -> u64 {
    (lead + i * 7919 % 1000) as u64
}

fn print(row: &str, value: f64, sum: i64) {
    println!("{row} {value:.3} {sum}");
}

fn report(row: &str, start: Instant, n: i64, sum: i64) {
    print(row, start.elapsed().as_nanos() as f64 / n as f64, sum);
}

fn rss() -> f64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<f64>().unwrap() * 4096.0
}

// Processor time in nanoseconds.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap()
}

// ---- Who waits for a batch

#[derive(Default)]
struct Group {
    left: AtomicI64,
    total: AtomicI64,
    done: Notify,
}

impl Group {
    fn new(n: i64) -> Arc<Group> {
        Arc::new(Group { left: AtomicI64::new(n), ..Group::default() })
    }

    // One thread runs everything, so nobody pays for a locked instruction here.
    fn add(&self, sum: i64) {
        self.total.store(self.total.load(Relaxed) + sum, Relaxed);
    }

    fn done(&self) {
        let left = self.left.load(Relaxed) - 1;
        self.left.store(left, Relaxed);
        if left == 0 {
            self.done.notify_one();
        }
    }

    async fn wait(&self) -> i64 {
        self.done.notified().await;
        self.total.load(Relaxed)
    }
}

// ---- Rows

async fn spawn_join(n: i64) {
    let start = Instant::now();
    let mut sum = 0;
    for i in 0..n {
        sum += tokio::spawn(async move { value(i) }).await.unwrap();
    }
    report("spawn_join", start, n, sum);
}

async fn spawn_batch(n: i64) {
    let start = Instant::now();
    let all = Group::new(n);
    for i in 0..n {
        let all = all.clone();
        tokio::spawn(async move {
            all.add(value(i));
            all.done();
        });
    }
    let sum = all.wait().await;
    report("spawn_batch", start, n, sum);
}

thread_local!(static ARMED: Cell<i64> = const { Cell::new(0) });

async fn spawn_sleepers(n: i64, lead: i64) -> Arc<Group> {
    let all = Group::new(n);
    for i in 0..n {
        let all = all.clone();
        tokio::spawn(async move {
            ARMED.set(ARMED.get() + 1);
            tokio::time::sleep(Duration::from_millis(sleep_ms(i, lead))).await;
            all.done();
        });
    }
    while ARMED.get() < n {
        tokio::task::yield_now().await;
    }
    all
}

async fn sleep(n: i64) {
    let lead = std::env::var("BENCH_LEAD_MS").map_or(3000, |s| s.parse().unwrap());
    let (rss0, start) = (rss(), Instant::now());
    let all = spawn_sleepers(n, lead).await;
    report("sleep_create", start, n, n);
    print("sleep_rss", (rss() - rss0) / n as f64, n);
    let cpu0 = cpu();
    all.wait().await;
    print("sleep_fire", (cpu() - cpu0) / n as f64, n - all.left.load(Relaxed));
}

async fn timeout_cancel(n: i64) {
    let _all = spawn_sleepers(OTHERS, 20_000).await;
    let start = Instant::now();
    let mut sum = 0;
    for _ in 0..n {
        sum += tokio::time::timeout(TIMEOUT, yield_by_waking()).await.is_ok() as i64;
    }
    report("timeout_cancel", start, n, sum);
}

// A yield without tokio's way round by the driver: what yield_now costs is in yield_pp.
fn yield_by_waking() -> impl Future<Output = ()> {
    let mut polled = false;
    std::future::poll_fn(move |cx| {
        if polled {
            return std::task::Poll::Ready(());
        }
        polled = true;
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
}

async fn turns(name: &str, n: i64, now: bool) {
    let start = Instant::now();
    let all = Group::new(2);
    for _ in 0..2 {
        let all = all.clone();
        tokio::spawn(async move {
            for _ in 0..n / 2 {
                all.add(1);
                if now {
                    tokio::task::yield_now().await;
                } else {
                    yield_by_waking().await;
                }
            }
            all.done();
        });
    }
    let sum = all.wait().await;
    report(name, start, n, sum);
}

async fn chan_pp(n: i64) {
    let start = Instant::now();
    let (out, mut their_in) = mpsc::channel(1);
    let (their_out, mut back) = mpsc::channel(1);
    tokio::spawn(async move {
        for _ in 0..n / 2 {
            let item: i64 = their_in.recv().await.unwrap();
            their_out.send(item + 1).await.unwrap();
        }
    });
    let mut sum = 0;
    for i in 0..n / 2 {
        out.send(i).await.unwrap();
        sum += back.recv().await.unwrap();
    }
    report("chan_pp", start, n, sum);
}

async fn messages(name: &str, producers: i64, n: i64) {
    let start = Instant::now();
    let (out, mut input) = mpsc::channel(CAPACITY);
    for _ in 0..producers {
        let out = out.clone();
        tokio::spawn(async move {
            for i in 0..n / producers {
                out.send(value(i)).await.unwrap();
            }
        });
    }
    let mut sum = 0;
    for _ in 0..n / producers * producers {
        sum += input.recv().await.unwrap();
    }
    report(name, start, n, sum);
}

async fn oneshot_ready(n: i64) {
    let start = Instant::now();
    let mut sum = 0;
    for i in 0..n {
        let (out, input) = oneshot::channel();
        out.send(value(i)).unwrap();
        sum += input.await.unwrap();
    }
    report("oneshot_ready", start, n, sum);
}

async fn oneshot_task(n: i64) {
    let start = Instant::now();
    let mut sum = 0;
    for i in 0..n {
        let (out, input) = oneshot::channel();
        tokio::spawn(async move { out.send(value(i)).unwrap() });
        sum += input.await.unwrap();
    }
    report("oneshot_task", start, n, sum);
}

async fn mutex_un(n: i64) {
    let start = Instant::now();
    let mutex = Mutex::new(0);
    for i in 0..n {
        *mutex.lock().await += value(i);
    }
    report("mutex_un", start, n, mutex.into_inner());
}

async fn mutex_ct(n: i64) {
    let start = Instant::now();
    let mutex = Arc::new(Mutex::new(()));
    let all = Group::new(8);
    for _ in 0..8 {
        let (all, mutex) = (all.clone(), mutex.clone());
        tokio::spawn(async move {
            for i in 0..n / 8 {
                let _held = mutex.lock().await;
                yield_by_waking().await;
                all.add(value(i));
            }
            all.done();
        });
    }
    let sum = all.wait().await;
    report("mutex_ct", start, n, sum);
}

async fn run(row: String, n: i64) -> bool {
    match row.as_str() {
        "spawn_join" => spawn_join(n).await,
        "spawn_batch" => spawn_batch(n).await,
        "sleep" => sleep(n).await,
        "timeout_cancel" => timeout_cancel(n).await,
        "yield_pp" => turns("yield_pp", n, true).await,
        "yield_pp_wake" => turns("yield_pp_wake", n, false).await,
        "chan_pp" => chan_pp(n).await,
        "mpsc1" => messages("mpsc1", 1, n).await,
        "mpsc4" => messages("mpsc4", 4, n).await,
        "oneshot_ready" => oneshot_ready(n).await,
        "oneshot_task" => oneshot_task(n).await,
        "mutex_un" => mutex_un(n).await,
        "mutex_ct" => mutex_ct(n).await,
        _ => return false,
    }
    true
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let n = args.get(2).and_then(|n| n.parse().ok()).expect("usage: runtime ROW N");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let row = args[1].clone();
    // A task of its own: what block_on is given is woken by way of the driver.
    let known = runtime.block_on(async move { tokio::spawn(run(row, n)).await.unwrap() });
    std::process::exit(if known { 0 } else { 2 });
}
