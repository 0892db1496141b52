package main

func deep(n int) int {
	if n == 0 {
		var empty []int
		return empty[n]
	}
	return deep(n-1) + 1
}

func main() { deep(5) }
