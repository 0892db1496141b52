// Google's own client, asked by test_gcs_client.py. A JSON array of questions comes on standard input;
// the array of answers goes to standard output.
//   {key, endpoint, bucket, object, from, seconds, disposition, type}   a V4 signed URL
//   {key, endpoint, bucket, prefix}                                     what lies there, with contents
'use strict';
const {Storage} = require('@google-cloud/storage');

function storage({key, endpoint}) {
  return new Storage({projectId: 'project-x', keyFilename: key, apiEndpoint: endpoint});
}

async function sign(question) {
  const file = storage(question).bucket(question.bucket).file(question.object);
  const [url] = await file.getSignedUrl({
    version: 'v4',
    action: 'read',
    accessibleAt: question.from * 1000,
    expires: (question.from + question.seconds) * 1000,
    responseDisposition: question.disposition,
    responseType: question.type,
  });
  return url;
}

async function list(question) {
  const [files] = await storage(question).bucket(question.bucket).getFiles({prefix: question.prefix});
  return Promise.all(files.map(async file => {
    const [bytes] = await file.download();
    return {
      name: file.name,
      type: file.metadata.contentType,
      encoding: file.metadata.contentEncoding,
      base64: bytes.toString('base64'),
    };
  }));
}

async function main() {
  let text = '';
  for await (const piece of process.stdin) text += piece;
  const answers = [];
  for (const question of JSON.parse(text)) {
    answers.push(await (question.object === undefined ? list(question) : sign(question)));
  }
  process.stdout.write(JSON.stringify(answers));
}

main().catch(fault => {
  process.stderr.write(`${fault.stack}\n`);
  process.exit(1);
});
