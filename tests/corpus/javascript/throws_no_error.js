throw { a: 1, text: "no error" };
