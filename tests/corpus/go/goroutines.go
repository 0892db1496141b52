package main

import (
	"fmt"
	"sync"
)

func main() {
	results := make(chan int)
	var group sync.WaitGroup
	for worker := 0; worker < 8; worker++ {
		group.Add(1)
		go func(from int) {
			defer group.Done()
			for n := from; n < 1000; n += 8 {
				results <- n * n
			}
		}(worker)
	}
	go func() {
		group.Wait()
		close(results)
	}()
	sum := 0
	for square := range results {
		sum += square
	}
	fmt.Println(sum)
}
