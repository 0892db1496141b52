"use strict";
const o = Object.freeze({ a: 1 });
try { o.a = 2; } catch (error) { console.log(error.message); }
undeclared = 1;
