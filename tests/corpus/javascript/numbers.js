console.log(0.1 + 0.2, 2n ** 100n, Number.MAX_SAFE_INTEGER + 2, (255).toString(36), parseInt("08"), [10, 9, 1].sort(), Math.max(), -7 % 3, 1 / 3);
