const grüße = "größer ≤ 😀"; console.log(grüße, [...grüße].length, Buffer.from(grüße).length);
