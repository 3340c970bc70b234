/** An agent of a team, which does what its task says. */
export async function run(text, { signal, report, reportText, checkpoint, resumed, sessionKey, budget }) {
  report('reading the task');
  const [word, number] = text.split(' ');
  switch (word) {
    case 'easy':
      return { output: `easy for ${sessionKey}`, usage: { outputTokens: 3 }, data: { ok: true } };
    case 'slow':
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    case 'stream':
      reportText('half ');
      reportText('of it');
      return { output: 'half of it' };
    case 'handle':
      if (resumed !== undefined) return { output: `resumed ${resumed}` };
      await checkpoint('remote-1');
      return { output: 'kept' };
    case 'large':
      return { output: 'x'.repeat(Number(number)) };
    case 'string':
      throw 'sk-canary';
    case 'throws':
      throw new Error('sk-canary at https://canary.example');
    case 'sorted':
      throw Object.assign(new Error('has no key'), { name: 'AgentError', type: 'AgentKeyRefused' });
    case 'spent': {
      const used = { outputTokens: budget.tokens.limit, calls: 2, secret: 'sk-canary' };
      throw Object.assign(new Error('stopped'), { name: 'AgentError', type: 'BudgetExceeded', usage: used });
    }
    case 'unknown':
      throw Object.assign(new Error('has no key'), { name: 'AgentError', type: 'sk-canary' });
    case 'function':
      return { output: 'x', data: () => 'sk-canary' };
    case 'nothing':
      return undefined;
    case 'exit':
      process.exit(3);
      break;
    case 'timer':
      setTimeout(() => {
        throw new Error('sk-canary');
      });
      return new Promise(() => undefined);
    case 'stray':
      void Promise.reject(new Error('sk-canary'));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { output: 'still here' };
    case 'forever':
      for (;;);
  }
  return { output: 'nothing known' };
}
