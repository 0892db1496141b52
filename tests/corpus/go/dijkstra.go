package main

import (
	"container/heap"
	"fmt"
)

type item struct{ node, distance int }
type queue []item

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].distance < q[j].distance }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(item)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

func main() {
	const n = 500
	distance := make([]int, n)
	for i := range distance {
		distance[i] = 1 << 30
	}
	distance[0] = 0
	q := &queue{{0, 0}}
	for q.Len() > 0 {
		at := heap.Pop(q).(item)
		if at.distance > distance[at.node] {
			continue
		}
		for _, step := range []int{1, 7, 31} {
			next, cost := (at.node+step)%n, step*step%13+1
			if d := at.distance + cost; d < distance[next] {
				distance[next] = d
				heap.Push(q, item{next, d})
			}
		}
	}
	fmt.Println(distance[n-1], distance[n/2])
}
