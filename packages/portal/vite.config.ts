import { createRequire } from 'node:module';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { compress } from './build/compress.ts';

const require = createRequire(import.meta.url);

/** What the server puts a new nonce in the place of, in each answer. */
const NONCE_PLACEHOLDER = '__QUARRY_NONCE__';

export default defineConfig(({ command }) => {
  if (command === 'build') {
    // Whoever builds with a NODE_ENV of their own, as tests do, would otherwise get React's development build.
    process.env.NODE_ENV = 'production';
  }
  return {
    // `public/` holds what the server gives out by itself, under addresses of its own.
    publicDir: false,
    html: { cspNonce: NONCE_PLACEHOLDER },
    resolve: {
      // What Vite would take for browsers asks a document for what `&amp;` and the like stand for; workers have none.
      alias: { 'decode-named-character-reference': require.resolve('decode-named-character-reference') },
    },
    plugins: [react(), compress()],
    build: {
      target: ['chrome130', 'edge130', 'firefox130', 'safari18'],
      // Small files inlined as `data:` would need a wider policy.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      chunkSizeWarningLimit: 1000,
      manifest: true,
    },
    server: {
      proxy: { '/api': { target: process.env.QUARRY_URL ?? 'http://127.0.0.1:8000', changeOrigin: false } },
    },
  };
});
