const range = { from: 1, to: 4, *[Symbol.iterator]() { for (let i = this.from; i < this.to; i++) yield i; }, [Symbol.toPrimitive]: hint => hint };
console.log([...range], `${range}`, +range, Symbol.for("a") === Symbol.for("a"));
