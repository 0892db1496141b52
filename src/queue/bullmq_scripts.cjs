// Writes the C++ source of BullMQ's Lua scripts that bullmq_scripts.h lists.
//   node bullmq_scripts.cjs PACKAGE TABLE OUTPUT
'use strict';
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const [directory, table, output] = process.argv.slice(2);

function give_up(why) {
  console.error(`BullMQ's scripts: ${why}`);
  process.exit(1);
}

function read(name) {
  const file = path.join(directory, name);
  if (!fs.existsSync(file)) give_up(`${file} is missing; script/bootstrap installs the package`);
  return file;
}

const { version } = JSON.parse(fs.readFileSync(read('package.json'), 'utf8'));
const licence = fs.readFileSync(read('LICENSE'), 'utf8').trim();
const scripts = require(path.resolve(read('dist/cjs/scripts/index.js')));

// Literals of more than 64 KiB are more than C++ promises.
function literal(text) {
  const pieces = text.match(/[^]{1,8000}/g);
  if (text.includes(')lua"')) give_up('a text holds what ends our literals');
  return pieces.map(piece => `R"lua(${piece})lua"`).join('\n');
}

function definition(name, keys) {
  const script = scripts[name];
  if (!script) give_up(`version ${version} has no script ${name}, which we call`);
  if (script.keys !== keys) {
    give_up(`${name} of version ${version} takes ${script.keys} keys, our call gives it ${keys}`);
  }
  const sha1 = crypto.createHash('sha1').update(script.content).digest('hex');
  return `const redis::Script ${name}{"${name}", ${keys}, "${sha1}",\n${literal(script.content)}};\n`;
}

const wanted = [...fs.readFileSync(table, 'utf8').matchAll(/SCRIPT\((\w+), (\d+)\)/g)];
if (wanted.length === 0) give_up(`${table} lists none`);
const notice = licence.split('\n').map(line => `// ${line}`.trimEnd()).join('\n');
fs.writeFileSync(output, `// Made by bullmq_scripts.cjs from BullMQ ${version}, whose licence is:
//
${notice}
#include "queue/bullmq_scripts.h"

namespace engine::bullmq::scripts {

const std::string_view kVersion = "${version}";

${wanted.map(([, name, keys]) => definition(name, Number(keys))).join('\n')}
}  // namespace engine::bullmq::scripts
`);
