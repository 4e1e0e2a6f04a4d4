/** Why an agent leaves that has brought its server nothing for so long, and what becomes of what it has. */
export function wordsOfLeaving(silentSeconds: number): string {
  const hours = Math.round(silentSeconds / 360) / 10;
  return `The server has not answered for ${hours} hours: this agent leaves. What waits to be delivered stays in its directory, and is brought when the server is back (undelivered_hours).`;
}
