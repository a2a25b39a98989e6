// runtime.go - the runtime's rows in Go, with one processor. See row.h.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	others   = 100000
	capacity = 1024
)

func value(i int64) int64 { return (i*31 + 7) & 1023 }

func print(row string, value float64, sum int64) { fmt.Printf("%s %.3f %d\n", row, value, sum) }

func report(row string, start time.Time, n, sum int64) {
	print(row, float64(time.Since(start).Nanoseconds())/float64(n), sum)
}

func rss() float64 {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.ParseFloat(strings.Fields(string(text))[1], 64)
	return pages * 4096
}

func cpu() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano() + usage.Stime.Nano())
}

func spawnJoin(n int64) {
	start := time.Now()
	sum := int64(0)
	for i := int64(0); i < n; i++ {
		result := make(chan int64, 1)
		go func(i int64) { result <- value(i) }(i)
		sum += <-result
	}
	report("spawn_join", start, n, sum)
}

func spawnBatch(n int64) {
	start := time.Now()
	sum := int64(0)
	var all sync.WaitGroup
	all.Add(int(n))
	for i := int64(0); i < n; i++ {
		go func(i int64) {
			sum += value(i)
			all.Done()
		}(i)
	}
	all.Wait()
	report("spawn_batch", start, n, sum)
}

var armed int64

func spawnSleepers(n, lead int64, all *sync.WaitGroup) {
	all.Add(int(n))
	for i := int64(0); i < n; i++ {
		go func(ms int64) {
			armed++
			time.Sleep(time.Duration(ms) * time.Millisecond)
			all.Done()
		}(lead + i*7919%1000)
	}
	for armed < n {
		runtime.Gosched()
	}
}

func sleepRows(n int64) {
	lead, err := strconv.ParseInt(os.Getenv("BENCH_LEAD_MS"), 10, 64)
	if err != nil {
		lead = 3000
	}
	var all sync.WaitGroup
	rss0, start := rss(), time.Now()
	spawnSleepers(n, lead, &all)
	report("sleep_create", start, n, armed)
	print("sleep_rss", (rss()-rss0)/float64(n), armed)
	cpu0 := cpu()
	all.Wait()
	print("sleep_fire", (cpu()-cpu0)/float64(n), armed)
}

func timeoutCancel(n int64) {
	var all sync.WaitGroup
	spawnSleepers(others, 20000, &all)
	start := time.Now()
	sum := int64(0)
	for i := int64(0); i < n; i++ {
		timer := time.AfterFunc(30*time.Second, func() { sum-- })
		runtime.Gosched()
		if timer.Stop() {
			sum++
		}
	}
	report("timeout_cancel", start, n, sum)
}

func yieldPP(n int64) {
	start := time.Now()
	sum := int64(0)
	var all sync.WaitGroup
	all.Add(2)
	for i := 0; i < 2; i++ {
		go func() {
			for j := int64(0); j < n/2; j++ {
				sum++
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
	report("yield_pp", start, n, sum)
}

func chanPP(n int64) {
	start := time.Now()
	out, in := make(chan int64, 1), make(chan int64, 1)
	go func() {
		for i := int64(0); i < n/2; i++ {
			in <- <-out + 1
		}
	}()
	sum := int64(0)
	for i := int64(0); i < n/2; i++ {
		out <- i
		sum += <-in
	}
	report("chan_pp", start, n, sum)
}

func messages(row string, producers, n int64) {
	start := time.Now()
	in := make(chan int64, capacity)
	for i := int64(0); i < producers; i++ {
		go func() {
			for j := int64(0); j < n/producers; j++ {
				in <- value(j)
			}
		}()
	}
	sum := int64(0)
	for i := n / producers * producers; i > 0; i-- {
		sum += <-in
	}
	report(row, start, n, sum)
}

func oneshotReady(n int64) {
	start := time.Now()
	sum := int64(0)
	for i := int64(0); i < n; i++ {
		oneshot := make(chan int64, 1)
		oneshot <- value(i)
		sum += <-oneshot
	}
	report("oneshot_ready", start, n, sum)
}

func oneshotTask(n int64) {
	start := time.Now()
	sum := int64(0)
	for i := int64(0); i < n; i++ {
		oneshot := make(chan int64, 1)
		go func(i int64) { oneshot <- value(i) }(i)
		sum += <-oneshot
	}
	report("oneshot_task", start, n, sum)
}

func mutexUn(n int64) {
	start := time.Now()
	sum := int64(0)
	var mutex sync.Mutex
	for i := int64(0); i < n; i++ {
		mutex.Lock()
		sum += value(i)
		mutex.Unlock()
	}
	report("mutex_un", start, n, sum)
}

func mutexCt(n int64) {
	start := time.Now()
	sum := int64(0)
	var mutex sync.Mutex
	var all sync.WaitGroup
	all.Add(8)
	for i := 0; i < 8; i++ {
		go func() {
			for j := int64(0); j < n/8; j++ {
				mutex.Lock()
				runtime.Gosched()
				sum += value(j)
				mutex.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
	report("mutex_ct", start, n, sum)
}

func main() {
	runtime.GOMAXPROCS(1)
	rows := map[string]func(int64){
		"spawn_join": spawnJoin, "spawn_batch": spawnBatch, "sleep": sleepRows,
		"timeout_cancel": timeoutCancel, "yield_pp": yieldPP, "chan_pp": chanPP,
		"mpsc1":         func(n int64) { messages("mpsc1", 1, n) },
		"mpsc4":         func(n int64) { messages("mpsc4", 4, n) },
		"oneshot_ready": oneshotReady, "oneshot_task": oneshotTask,
		"mutex_un": mutexUn, "mutex_ct": mutexCt,
	}
	if len(os.Args) == 3 {
		n, err := strconv.ParseInt(os.Args[2], 10, 64)
		if run := rows[os.Args[1]]; run != nil && err == nil {
			done := make(chan bool)
			go func() {
				run(n)
				done <- true
			}()
			<-done
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: runtime ROW N")
	os.Exit(2)
}
