"use strict";
console.log("never");
with (Math) { console.log(PI); }
