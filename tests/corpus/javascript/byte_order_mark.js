console.log("after a mark", __filename);
