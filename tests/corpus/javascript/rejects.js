Promise.reject(new Error("nobody waits"));
console.log("first");
