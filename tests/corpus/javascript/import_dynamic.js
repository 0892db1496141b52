import("fs").then(fs => console.log(typeof fs.readFileSync, Object.keys(fs).length > 50));
import("./absent.js").catch(error => console.log(error.code));
