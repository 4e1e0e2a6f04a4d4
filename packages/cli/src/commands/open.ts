import { defineCommand, flag } from '../command.ts';
import { openBrowser } from '../open-browser.ts';

export default defineCommand({
  details:
    'On Quarry servers only. Makes a link that signs a browser in as you, once and within ten minutes, and opens it. The ' +
    'link is printed as well: where no browser can be opened, copy it into one. What it begins ends with your key.',
  options: { print: flag('--print', 'print the link and open nothing') },
  examples: [
    { command: 'quarry open', says: 'The portal, signed in' },
    { command: 'quarry open --print', says: 'A link for the browser of another machine' },
  ],
  async run({ print }, { sdk, io, settings, signal }) {
    const link = await sdk.sessions.createLink({ signal });
    const isOpened = !print && !io.json && (await openBrowser(link.url, settings.environment));
    return { ...link, isOpened };
  },
  present({ url, isOpened }, io, { print }) {
    if (!print) {
      io.note(
        isOpened ? 'Opened in your browser; if nothing comes up, use this:' : 'Open this in a browser:',
      );
    }
    io.print(url);
    io.note('It opens once, within ten minutes.');
  },
});
