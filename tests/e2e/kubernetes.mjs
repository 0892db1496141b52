// What is wrong with Kubernetes objects by the published schemas, of KEDA's too; asked by test_kubernetes.py.
//   node kubernetes.mjs NODE_MODULES OBJECTS.json
// prints a JSON array with the problems of each object. The schemas let unknown names pass; as a checker
// reads every name that its schema knows, a name that it never reads is one too many.
import {readFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const [modules, file] = process.argv.slice(2);

async function modelOf({apiVersion, kind}) {
  const models = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models';
  const found = await import(pathToFileURL(`${modules}/${models}/${apiVersion}/index.js`));
  return found[kind];
}

function watched(value, path, unread) {
  if (typeof value !== 'object' || value === null) return value;
  for (const name of Object.keys(value)) unread.add(`${path}/${name}`);
  const inner = new Map();
  return new Proxy(value, {
    get(target, name) {
      if (!Object.hasOwn(target, name)) return target[name];
      unread.delete(`${path}/${String(name)}`);
      if (!inner.has(name)) inner.set(name, watched(target[name], `${path}/${String(name)}`, unread));
      return inner.get(name);
    },
  });
}

async function problemsOf(object) {
  const Model = await modelOf(object);
  if (!Model) return [`no schema for ${object.apiVersion} ${object.kind}`];
  const unread = new Set();
  try {
    Model.prototype.validate.call(watched(object, '', unread));
  } catch (error) {
    return [error.message];
  }
  return [...unread].map(name => `${name} is in no schema`);
}

const objects = JSON.parse(readFileSync(file, 'utf8'));
console.log(JSON.stringify(await Promise.all(objects.map(problemsOf))));
