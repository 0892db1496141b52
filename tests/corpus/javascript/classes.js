class A { static made = 0; static { A.made = 1; } #x = 2; get x() { return this.#x; } static of() { return new this(); } }
class B extends A { get x() { return super.x + 1; } toString() { return `B(${this.x})`; } }
console.log(String(B.of()), A.made, B.made, B.name, Object.getOwnPropertyNames(A.prototype));
