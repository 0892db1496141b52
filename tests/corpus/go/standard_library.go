package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"strings"
	"text/template"
	"time"
	"unicode/utf8"
)

type point struct {
	X int    `json:"x"`
	Y string `json:"y,omitempty"`
}

func main() {
	sum := sha256.Sum256([]byte("abc"))
	fmt.Println(hex.EncodeToString(sum[:4]))
	text, _ := json.Marshal([]point{{1, "a"}, {2, ""}})
	fmt.Println(string(text))
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	io.WriteString(writer, strings.Repeat("again ", 100))
	writer.Close()
	reader, _ := gzip.NewReader(&packed)
	all, _ := io.ReadAll(reader)
	fmt.Println(len(all))
	fmt.Println(new(big.Int).Exp(big.NewInt(3), big.NewInt(200), nil))
	fmt.Println(regexp.MustCompile(`(\w)(\w)`).ReplaceAllString("abcd", "$2$1"))
	template.Must(template.New("t").Parse("{{range .}}<{{.}}>{{end}}\n")).Execute(&packed, []int{1, 2})
	fmt.Print(packed.String())
	fmt.Println(time.Unix(0, 0).UTC().Format(time.RFC3339), utf8.RuneCountInString("héllo"))
}
