import '@fontsource-variable/archivo/wght.css';
import { createRoot } from 'react-dom/client';
import './design/tokens.css';
import './design/base.css';
import './design/parts.css';
import { App } from './shell/App.tsx';

const root = document.querySelector('#console');
if (root) createRoot(root).render(<App />);
