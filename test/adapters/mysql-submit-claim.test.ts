import mysql from 'mysql2/promise';
import { openMysqlStore } from '../../src/adapters/mysql/index.ts';
import { openMysqlGround } from '../support/mysql-ground.ts';
import { describeSubmitWithClaim } from '../support/submit-with-claim.ts';

describeSubmitWithClaim('mysql', async () => {
  const ground = await openMysqlGround({ isUsed: true });
  const pool = mysql.createPool({ uri: ground.url, connectionLimit: 4, maxIdle: 4 });
  const messages: string[] = [];
  let loses = false;
  const noted = {
    async getConnection() {
      const connection = await pool.getConnection();
      return {
        async query(question: { sql: string }) {
          messages.push(question.sql);
          const answer = await connection.query(question);
          if (!loses) return answer;
          loses = false;
          throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        },
        release: () => connection.release(),
        destroy: () => connection.destroy(),
      };
    },
    end: async () => undefined,
  };
  return {
    store: await openMysqlStore({ pool: noted }),
    messages,
    loseNext: () => (loses = true),
    async close() {
      await pool.end();
      await ground.close();
    },
  };
});
