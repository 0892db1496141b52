const { AsyncLocalStorage } = require("async_hooks");
const store = new AsyncLocalStorage();
store.run("kept", () => setTimeout(() => console.log(store.getStore()), 1));
console.log(store.getStore());
