// Runs page.js in a headless Chromium. `CHROMIUM` names another one than `chromium`.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATIENCE = 120_000;

const page = `<!doctype html><script type="importmap">
{"imports": {"@noble/hashes/": "/hashes/"}}
</script><script type="module" src="/browser/page.js"></script>`;

// Each path of the server, and the folder that it stands for.
const FOLDERS = {
  '/browser/': './',
  '/src/': '../src/',
  '/vectors/': '../../../tests/vectors/',
  '/hashes/': '../node_modules/@noble/hashes/esm/',
};

const contentsOf = (path) => {
  const [prefix, folder] = Object.entries(FOLDERS).find(([start]) => path.startsWith(start)) ?? [];
  const name = prefix && path.slice(prefix.length);
  if (!name || !/^[\w-]+(\.json|\.js)?$/.test(name)) return null;
  const file = prefix === '/hashes/' ? `${name.replace(/\.js$/, '')}.js` : name;
  return readFileSync(new URL(`${folder}${file}`, import.meta.url));
};

const answer = await new Promise((done, fail) => {
  const profile = mkdtempSync(join(tmpdir(), 'allod-browser-'));
  let browser;
  const server = createServer((request, response) => {
    if (request.method === 'POST') {
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        response.end();
        finish(() => done(JSON.parse(body)));
      });
      return;
    }
    const contents = request.url === '/' ? page : contentsOf(request.url);
    const isScript = /^\/(browser|src|hashes)\//.test(request.url);
    const type = request.url === '/' ? 'text/html' : isScript ? 'text/javascript' : 'application/json';
    response.writeHead(contents ? 200 : 404, { 'content-type': type });
    response.end(contents ?? '');
  });
  const finish = (end) => {
    clearTimeout(timer);
    browser?.once('exit', () => {
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      end();
    });
    browser?.kill();
    server.closeAllConnections();
    server.close();
  };
  const timer = setTimeout(() => finish(() => fail(new Error('the page did not answer'))), PATIENCE);
  server.listen(0, '127.0.0.1', () => {
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--user-data-dir=${profile}`,
    ];
    browser = spawn(process.env.CHROMIUM ?? 'chromium', [...flags, `http://127.0.0.1:${server.address().port}/`], {
      stdio: 'ignore',
    });
    browser.once('error', fail);
  });
});

console.log(answer.text);
process.exitCode = answer.ok ? 0 : 1;
