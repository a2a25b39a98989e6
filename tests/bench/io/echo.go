// echo.go - an echo server in Go, with one processor.
package main

import (
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
)

func serve(peer net.Conn, size int) {
	defer peer.Close()
	buffer := make([]byte, size)
	for {
		n, err := peer.Read(buffer)
		if err != nil {
			return
		}
		if _, err := peer.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	size := 16384
	if len(os.Args) > 1 {
		size, _ = strconv.Atoi(os.Args[1])
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("echo: listening on", listener.Addr())
	for {
		peer, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go serve(peer, size)
	}
}
