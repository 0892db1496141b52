try { require("./absent"); } catch (error) { console.log(error.code, error.message); }
require("absent-too");
