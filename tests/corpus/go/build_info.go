package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
)

func main() {
	info, ok := debug.ReadBuildInfo()
	fmt.Println(ok, runtime.Version())
	if ok {
		fmt.Println(info.Path, info.Main, len(info.Deps))
		for _, setting := range info.Settings {
			fmt.Println(setting.Key, setting.Value)
		}
	}
	_, file, line, _ := runtime.Caller(0)
	fmt.Println(file, line, filepath.Base(os.Args[0]))
}
