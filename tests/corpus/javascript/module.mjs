import fs, { readFileSync } from "node:fs";
import process from "node:process";
const { createRequire } = await import("node:module");
console.log(import.meta.url, typeof require, this, process.argv, fs.readFileSync === readFileSync);
console.log(createRequire(import.meta.url).resolve.paths("x"), readFileSync(new URL(import.meta.url)).length > 100);
export const value = await Promise.resolve(1);
const itself = await import("./main.mjs");
console.log(itself.value, Object.keys(itself));
