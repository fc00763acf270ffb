// SPDX-License-Identifier: GPL-2.0-only
// viewers.js FOLDER: opens the exports in FOLDER in the programs that they are for, and gives a result for each in TAP. Run by
// test-viewers, which says where the modules are. Leaves pictures of what was seen in FOLDER.
'use strict';
const fs = require('fs');
const http = require('http');
const path = require('path');
const Ajv = require('ajv');
const puppeteer = require('puppeteer-core');

const folder = process.argv[2];
const release = path.join(path.dirname(require.resolve('speedscope/package.json')), 'dist/release');
let count = 0, failed = 0;

async function check(name, test) {
  count++;
  try {
    await test();
    console.log(`ok ${count} ${name}`);
  } catch (error) {
    failed++;
    console.log(`# ${String(error.stack).replace(/\n/g, '\n# ')}\nnot ok ${count} ${name}`);
  }
}

function expect(value, what) {
  if (!value)
    throw new Error(what);
}

// speedscope's own files, and under /data the exports
function serve() {
  const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm' };
  return new Promise(resolve => {
    const server = http.createServer((request, response) => {
      const name = path.normalize(new URL(request.url, 'http://localhost').pathname);
      const file = name.startsWith('/data/') ? path.join(folder, name.slice(6)) : path.join(release, name);
      if (!fs.existsSync(file) || fs.statSync(file).isDirectory()) {
        response.writeHead(404).end();
        return;
      }
      response.writeHead(200, { 'Content-Type': types[path.extname(file)] || 'application/octet-stream' });
      fs.createReadStream(file).pipe(response);
    }).listen(0, '127.0.0.1', () => resolve(server));
  });
}

// The importer is part of the page: it shows the profile's name in the title when it has understood it.
async function openSpeedscope(browser, base, file, picture) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', error => errors.push(error.message));
  await page.setViewport({ width: 1200, height: 700 });
  await page.goto(`${base}/index.html#profileURL=${encodeURIComponent(`${base}/data/${file}`)}&title=${file}`);
  await page.waitForFunction(() => document.querySelector('canvas') && !document.body.innerText.includes('Something went wrong'),
                             { timeout: 60000 });
  await page.waitForFunction(name => document.title.includes(name), { timeout: 60000 }, file);
  const text = await page.evaluate(() => document.body.innerText);
  await page.screenshot({ path: path.join(folder, picture) });
  await page.close();
  expect(!errors.length, errors.join('; '));
  return text;
}

async function clickFlamegraph(browser, base) {
  const page = await browser.newPage();
  const errors = [];
  page.on('pageerror', error => errors.push(error.message));
  await page.setViewport({ width: 1210, height: 800 });
  await page.goto(`${base}/data/flame.svg`);
  await page.screenshot({ path: path.join(folder, 'flame.png') });
  const state = () => page.evaluate(() => {
    const frames = Array.from(document.querySelectorAll('.f'));
    return { all: frames.length, shown: frames.filter(f => f.style.display !== 'none').length,
             back: document.getElementById('back').style.visibility, found: document.getElementById('found').textContent };
  });
  // The widest frame that is not as wide as the picture
  const target = await page.evaluate(() => {
    const frames = Array.from(document.querySelectorAll('.f'));
    const width = f => +f.querySelector('rect').getAttribute('width');
    const frame = frames.filter(f => width(f) < 0.9 * width(frames[0])).sort((a, b) => width(b) - width(a))[0];
    const box = frame.querySelector('rect').getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2, name: frame.dataset.name, width: width(frame), whole: width(frames[0]) };
  });
  await page.mouse.click(target.x, target.y);
  const zoomed = await state();
  await page.screenshot({ path: path.join(folder, 'flame-zoomed.png') });
  const now = await page.evaluate(name => +Array.from(document.querySelectorAll('.f'))
    .filter(f => f.dataset.name === name && f.style.display !== 'none' && !f.classList.contains('dim'))
    .map(f => f.querySelector('rect').getAttribute('width')).sort((a, b) => b - a)[0], target.name);
  expect(now === target.whole, `${target.name} is ${now} wide after a click, not ${target.whole}`);
  expect(zoomed.shown < zoomed.all && zoomed.back === 'visible', 'nothing was left out by the zoom');
  await page.keyboard.press('Escape');
  expect((await state()).shown === zoomed.all, 'Escape does not show all again');
  await page.click('#search');
  await page.keyboard.type(target.name.slice(0, 12));
  const searched = await state();
  await page.screenshot({ path: path.join(folder, 'flame-searched.png') });
  expect(/found: [0-9.]+ %/.test(searched.found) && !/ 0\.0 %/.test(searched.found), `the search found '${searched.found}'`);
  await page.close();
  expect(!errors.length, errors.join('; '));
}

async function main() {
  await check("speedscope's schema takes the export", () => {
    const schema = JSON.parse(fs.readFileSync(path.join(release, 'file-format-schema.json')));
    const validate = new Ajv({ strict: false }).compile(schema);
    expect(validate(JSON.parse(fs.readFileSync(path.join(folder, 'speedscope.json')))), JSON.stringify(validate.errors));
  });
  const server = await serve();
  const base = `http://127.0.0.1:${server.address().port}`;
  const browser = await puppeteer.launch({ executablePath: '/usr/bin/chromium', headless: true,
                                           args: ['--no-sandbox', '--disable-gpu', '--enable-unsafe-swiftshader'] });
  await check('speedscope opens its own format', () => openSpeedscope(browser, base, 'speedscope.json', 'speedscope.png'));
  await check('speedscope opens the folded stacks', () => openSpeedscope(browser, base, 'folded.txt', 'speedscope-folded.png'));
  await check('speedscope opens the pprof profile', () => openSpeedscope(browser, base, 'profile.pb.gz', 'speedscope-pprof.png'));
  await check('the flame graph zooms and searches', () => clickFlamegraph(browser, base));
  await browser.close();
  server.close();
  process.exitCode = failed ? 1 : 0;
}

main();
