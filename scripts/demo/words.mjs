// What the demo says, in English and in Chinese. What the commands say is theirs.
// @ts-check

/** @typedef {typeof english} Words */

/**
 * Chinese where the locale is Chinese. As everywhere LC_ALL is before LC_MESSAGES and LANG; but `C`, which machines
 * without a language set, is no wish.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Words}
 */
export function textsFor(env) {
  const wishes = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']];
  const language = wishes.find((wish) => wish && !/^(C|POSIX)(\.|$)/.test(wish)) ?? '';
  return /^zh/i.test(language) ? chinese : english;
}

/** What to try after the demo, in the folder of the repository. */
export const nextCommands = [
  'node bin/onejob.js run access-log --help --jobs examples/01-access-log/jobs',
  'node bin/onejob.js show bill-orders --jobs scripts/demo/jobs',
  'node bin/onejob.js doctor',
];

const english = {
  tooOld: (/** @type {string} */ version) => `onejob needs Node 20.19 or newer; this is ${version}`,
  title: 'onejob: define a job once, run it every way. This takes about 15 seconds and ends by itself.',
  building: 'First it is built …',
  built: (/** @type {number} */ seconds) => `… built in ${seconds.toFixed(1)} s.`,
  buildFailed: 'the build failed, so there is nothing to show',
  where: (/** @type {string} */ folder) =>
    `Everything happens in ${folder}, which is removed at the end. Below, onejob is short for node bin/onejob.js.`,
  failed: 'The demo did not do what it says:',
  gone: (/** @type {string} */ folder) => `${folder} is removed.`,

  one: {
    title: '1  A job on the terminal',
    what: 'A job is a file: examples/01-access-log/jobs/access-log.job.ts. Its log is made up here, 300,000 lines.',
    run: 'Its flags come from its schema. On a terminal there is a bar while it works; the result is JSON:',
    result: 'What stands in traffic.json:',
    columns: { day: 'day', path: 'path', client: 'client', count: 'requests', size: 'bytes' },
    malformed: (/** @type {number} */ lines) => `${lines} lines were malformed`,
    wrong: 'A flag that does not exist:',
    exit2: 'Nothing ran, and the exit code is 2.',
    recorded: 'Every run is kept, with its input, its result and its log:',
    onlyOne: 'One run, and none for the wrong flag.',
  },

  two: {
    title: '2  A worker is killed in the middle of a run',
    what: 'scripts/demo/jobs/bill-orders.job.js bills five orders, a step each. A bill is a line in the ledger.',
    start: 'A worker, and a run for it:',
    bills: 'The ledger, as it grows:',
    kill: (/** @type {number} */ steps) =>
      `${steps} steps are recorded and the next one is going on. The worker gets no chance to say anything:`,
    again: 'Another worker starts:',
    took: (/** @type {number} */ ms) =>
      `Taken over ${ms} ms after the start of the new worker, which goes on with the next order.`,
    page: 'The run has ended. Its steps:',
    ledger: 'And the ledger:',
    once: (/** @type {number} */ lines) => `${lines} orders, ${lines} bills, by two processes: nothing was done twice.`,
    honest:
      'What is recorded is never executed again. The step that was going on is: had it reached the bank before the\n' +
      'kill, it would reach it twice. For that each step is handed a key, the same both times (last column).',
  },

  three: {
    title: '3  The same job over HTTP, and the same question again',
    what: 'onejob start serves, too. The job of part 1 is asked for as a caller of ego would (here by fetch, as curl shows it):',
    naming: 'X-Ego-Job-RunID names the run:',
    again: 'Once more, as a caller does whose connection was lost:',
    took: (/** @type {number} */ first, /** @type {number} */ second) =>
      `The same answer, recorded: ${first} ms the first time, ${second} ms the second. It is marked as replayed.`,
    api: 'The run in the API, where programs of any language start runs, follow their logs and cancel them:',
    onlyOne: 'Asked for twice, executed once.',
  },

  next: 'Try next, from here',
  whats: ['a page of help, made from the schema', 'the rules of a job', 'what onejob finds on this machine'],
};

/** @type {Words} */
const chinese = {
  tooOld: (version) => `onejob 需要 Node 20.19 或更高版本，当前是 ${version}`,
  title: 'onejob：任务只定义一次，想怎么运行就怎么运行。演示约需 15 秒，会自行结束。',
  building: '先构建……',
  built: (seconds) => `……构建用时 ${seconds.toFixed(1)} 秒。`,
  buildFailed: '构建失败，演示无法继续',
  where: (folder) => `所有文件都放在 ${folder}，结束时删除。下文的 onejob 即 node bin/onejob.js。`,
  failed: '演示的实际结果与说明不符：',
  gone: (folder) => `${folder} 已删除。`,

  one: {
    title: '1  在终端里运行任务',
    what: '一个任务就是一个文件：examples/01-access-log/jobs/access-log.job.ts。它要读的日志现场生成，共 30 万行。',
    run: '命令行参数来自任务的 schema。在终端里运行时会显示进度条，结果是 JSON：',
    result: 'traffic.json 的内容：',
    columns: { day: '日期', path: '路径', client: '客户端', count: '请求数', size: '字节' },
    malformed: (lines) => `另有 ${lines} 行格式有误`,
    wrong: '写错一个参数：',
    exit2: '什么都没有运行，退出码是 2。',
    recorded: '每次运行都有记录，包括输入、结果和日志：',
    onlyOne: '只有一条记录：参数写错的那次没有运行，也就没有记录。',
  },

  two: {
    title: '2  运行到一半，工作进程被杀死',
    what: 'scripts/demo/jobs/bill-orders.job.js 给五张订单开账单，每张是一个步骤；每开一张，就在账本里记一行。',
    start: '启动一个工作进程，再交给它一次运行：',
    bills: '账本逐行增加：',
    kill: (steps) => `已有 ${steps} 个步骤记录在案，下一个正在执行。这时直接杀死进程，不给它任何善后的机会：`,
    again: '启动另一个工作进程：',
    took: (ms) => `新进程启动 ${ms} 毫秒后接管了这次运行，从断点继续。`,
    page: '运行结束，各个步骤如下：',
    ledger: '再看账本：',
    once: (lines) => `${lines} 张订单，${lines} 张账单，由两个进程先后完成：没有一张重复。`,
    honest:
      '已记录的步骤绝不会再次执行；被打断的那一步会重新执行。假如它在进程被杀之前已经把请求发给了银行，\n' +
      '银行就会收到两次。为此每个步骤都带有一个 key，两次执行完全相同（最后一列），可作为幂等键交给对方。',
  },

  three: {
    title: '3  同一个任务，通过 HTTP 调用，再问一遍',
    what: 'onejob start 同时提供 HTTP 服务。下面像 ego 的调用方那样请求第一部分的任务（这里用 fetch 发送，按 curl 的样子显示）：',
    naming: 'X-Ego-Job-RunID 就是这次运行的名字：',
    again: '假如调用方断了线，再请求一次：',
    took: (first, second) => `得到的是已记录的同一个结果：第一次 ${first} 毫秒，第二次 ${second} 毫秒，并标明是重放。`,
    api: '这次运行在 API 里的样子。任何语言的程序都可以由此发起运行、跟踪日志、取消：',
    onlyOne: '请求了两次，只执行了一次。',
  },

  next: '接下来可以试试（在当前目录）',
  whats: ['根据 schema 生成的帮助', '一个任务的各项规则', '检查本机环境'],
};
