// Every word of the widget, in both languages, side by side in meaning and order; dates and hours
// in each language's Canadian form. In French, U+00A0 (\u00a0) stands before a colon.

const FRENCH = {
  locale: "fr-CA",
  launcher: "Besoin d’aide?",
  launcherTrouble: {
    opening: "Ouverture de l’aide…",
    out: "Aide indisponible, nouvel essai…",
  },
  unread: (count) => (count === 1 ? "1 nouveau message" : `${count} nouveaux messages`),
  title: "Aide Ocean",
  close: "Fermer l’aide",
  log: "Conversation",
  otherLanguage: "English",
  askForThisLanguage: "En français, s’il vous plaît",
  state: {
    bot: "Assistant virtuel",
    waiting: "En attente d’une personne",
    agent: "Une personne vous répond",
    closed: "Conversation terminée",
  },
  answers: (name) => `${name} vous répond`,
  place: (place) => (place === 1
    ? "Ce sera votre tour dès qu’une personne se libérera."
    : `Votre rang dans la file\u00a0: ${place}`),
  waitUnknown: "Vous pouvez continuer d’écrire\u00a0: tout sera transmis.",
  waitShort: "Dernièrement, la plupart des gens ont attendu moins d’une minute.",
  waitLong: "Dernièrement, bien des gens ont attendu plus d’une heure.",
  wait: (minutes) => (
    `Dernièrement, la plupart des gens ont attendu moins de ${minutes}\u00a0minutes.`),
  isTyping: (name) => `${name ?? "Une personne"} écrit…`,
  author: {
    visitor: "Vous", bot: "Assistant", agent: "Équipe de soutien", system: "Information",
  },
  says: (author) => `${author}\u00a0: `,
  kind: {
    clarify: "À préciser",
    diagnosis: "Vérification des frais",
    recap: "Récapitulatif",
    ticket: "Demande",
    abstain: "Réponse introuvable",
    notice: "À noter",
    error: "Un problème est survenu",
  },
  masked: "Renseignement masqué",
  sources: "Source",
  related: "À lire aussi",
  edit: (name) => `Modifier\u00a0: ${name === "DMÉ" ? name : name.toLowerCase()}`,
  files: {
    users: "Liste des utilisateurs (CSV)",
    items: "Éléments de facturation (CSV)",
    none: "Déposez le fichier ici ou cliquez pour le choisir",
    unfit: (name) => `Fichier refusé\u00a0: ${name}. Un fichier CSV de 2\u00a0Mo au plus est attendu.`,
    send: "Envoyer les fichiers",
    sending: "Envoi en cours…",
    sent: "Fichiers reçus.",
    refused: "Les fichiers n’ont pas été acceptés.",
    401: "Ouvrez une session comme administrateur du site pour déposer ces fichiers.",
    403: "Seul un administrateur du site peut déposer ces fichiers.",
    413: "Un des fichiers dépasse 2\u00a0Mo. Exportez moins de factures à la fois.",
    unavailable: "L’envoi a échoué. Vos fichiers sont toujours choisis\u00a0: réessayez.",
  },
  opensElsewhere: "s’ouvre dans un nouvel onglet",
  reference: "Référence de la demande",
  copy: "Copier",
  copyReference: (reference) => `Copier la référence ${reference}`,
  copied: "Copiée",
  copyByHand: "Référence sélectionnée\u00a0: copiez-la avec Ctrl+C",
  wasHelpful: "Réponse utile?",
  yes: "Oui",
  no: "Non",
  thanksHelpful: "Merci de votre avis.",
  thanksUnhelpful: "Merci de votre avis. "
    + "Reformulez votre question ou demandez à parler à une personne.",
  notRecorded: "Votre avis n’a pas pu être enregistré. Réessayez.",
  whatWasMissing: "Que manquait-il? (facultatif)",
  giveComment: "Envoyer",
  skipComment: "Passer",
  thanksComment: "Merci, votre commentaire est transmis.",
  sending: "Envoi…",
  sent: "Envoyé",
  read: "Lu",
  failed: "Non envoyé",
  retry: "Réessayer",
  problem: {
    tooLong: "Message trop long (4\u00a0000 caractères au plus)",
    refused: "Message refusé",
  },
  typing: "L’assistant prépare sa réponse",
  unavailable: "Le service ne répond pas pour l’instant. "
    + "Nouvel essai automatique\u00a0: vous n’avez rien à faire.",
  offline: "Vous êtes hors ligne. Vos messages partiront dès le retour de la connexion.",
  startedAfresh: "La conversation précédente n’existe plus. En voici une nouvelle.",
  identityRefused: "Votre identité n’a pas pu être vérifiée. "
    + "La conversation continue sans accès à votre compte.",
  placeholder: "Écrivez votre question",
  box: "Votre message",
  send: "Envoyer",
  left: (count) => (count >= 0
    ? `${count} caractère${count < 2 ? " restant" : "s restants"}`
    : `${-count} caractère${count > -2 ? "" : "s"} de trop`),
  privacy: "Ne donnez aucun renseignement sur un patient.",
  download: "Télécharger",
  erase: "Tout effacer",
  eraseConfirm: "Effacer cette conversation pour de bon? "
    + "Les demandes déjà déposées seront conservées.",
  eraseYes: "Effacer",
  eraseNo: "Conserver",
  eraseFailed: "La conversation n’a pas pu être effacée. Réessayez.",
  closed: "Cette conversation est terminée.",
  restart: "Nouvelle conversation",
  today: "Aujourd’hui",
  yesterday: "Hier",
};

const ENGLISH = {
  locale: "en-CA",
  launcher: "Need help?",
  launcherTrouble: {
    opening: "Opening help…",
    out: "Help unavailable, trying again…",
  },
  unread: (count) => (count === 1 ? "1 new message" : `${count} new messages`),
  title: "Ocean Help",
  close: "Close help",
  log: "Conversation",
  otherLanguage: "Français",
  askForThisLanguage: "In English, please",
  state: {
    bot: "Virtual assistant",
    waiting: "Waiting for a person",
    agent: "A person is with you",
    closed: "Conversation ended",
  },
  answers: (name) => `${name} is with you`,
  place: (place) => (place === 1
    ? "You are next, as soon as someone is free."
    : `Your place in the queue: ${place}`),
  waitUnknown: "You can go on writing: it will all be passed on.",
  waitShort: "Lately, most people have waited less than a minute.",
  waitLong: "Lately, many people have waited more than an hour.",
  wait: (minutes) => `Lately, most people have waited less than ${minutes} minutes.`,
  isTyping: (name) => `${name ?? "Someone"} is typing…`,
  author: { visitor: "You", bot: "Assistant", agent: "Support team", system: "Information" },
  says: (author) => `${author}: `,
  kind: {
    clarify: "To clarify",
    diagnosis: "Fee check",
    recap: "Summary",
    ticket: "Request",
    abstain: "No answer found",
    notice: "Please note",
    error: "Something went wrong",
  },
  masked: "Information masked",
  sources: "Source",
  related: "Related topics",
  edit: (name) => `Change: ${name === "EMR" ? name : name.toLowerCase()}`,
  files: {
    users: "Users list (CSV)",
    items: "Bill items (CSV)",
    none: "Drop the file here or click to choose it",
    unfit: (name) => `File refused: ${name}. A CSV file of 2 MB at most is expected.`,
    send: "Send the files",
    sending: "Sending…",
    sent: "Files received.",
    refused: "The files were not accepted.",
    401: "Sign in as a site admin to provide these files.",
    403: "Only a site admin can provide these files.",
    413: "One of the files is larger than 2 MB. Export fewer invoices at a time.",
    unavailable: "Sending failed. Your files are still chosen: please try again.",
  },
  opensElsewhere: "opens in a new tab",
  reference: "Request reference",
  copy: "Copy",
  copyReference: (reference) => `Copy reference ${reference}`,
  copied: "Copied",
  copyByHand: "Reference selected: copy it with Ctrl+C",
  wasHelpful: "Was this helpful?",
  yes: "Yes",
  no: "No",
  thanksHelpful: "Thank you for your feedback.",
  thanksUnhelpful: "Thank you for your feedback. "
    + "Rephrase your question, or ask to talk to a person.",
  notRecorded: "Your feedback could not be recorded. Please try again.",
  whatWasMissing: "What was missing? (optional)",
  giveComment: "Send",
  skipComment: "Skip",
  thanksComment: "Thank you, your comment has been passed on.",
  sending: "Sending…",
  sent: "Sent",
  read: "Read",
  failed: "Not sent",
  retry: "Try again",
  problem: {
    tooLong: "Message too long (4,000 characters at most)",
    refused: "Message refused",
  },
  typing: "The assistant is preparing its answer",
  unavailable: "The service is not answering right now. "
    + "It is being retried automatically: there is nothing for you to do.",
  offline: "You are offline. Your messages will be sent as soon as the connection is back.",
  startedAfresh: "The earlier conversation no longer exists. Here is a new one.",
  identityRefused: "Your identity could not be verified. "
    + "The conversation goes on without access to your account.",
  placeholder: "Type your question",
  box: "Your message",
  send: "Send",
  left: (count) => (count >= 0
    ? `${count} character${count === 1 ? "" : "s"} left`
    : `${-count} character${count === -1 ? "" : "s"} too many`),
  privacy: "Do not give any patient information.",
  download: "Download",
  erase: "Erase everything",
  eraseConfirm: "Erase this conversation for good? Requests already filed will be kept.",
  eraseYes: "Erase",
  eraseNo: "Keep",
  eraseFailed: "The conversation could not be erased. Please try again.",
  closed: "This conversation has ended.",
  restart: "New conversation",
  today: "Today",
  yesterday: "Yesterday",
};

export function labels(language) {
  return language === "en" ? ENGLISH : FRENCH;
}

export function otherLanguage(language) {
  return language === "en" ? "fr" : "en";
}

/** "14 h 05" or "2:05 p.m." */
export function hour(date, { locale }) {
  return new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" }).format(date);
}

/** "Aujourd’hui", "Hier" or the full day. */
export function day(date, words, now = new Date()) {
  const midnight = (moment) => new Date(moment).setHours(0, 0, 0, 0);
  const daysAgo = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (daysAgo === 0) return words.today;
  if (daysAgo === 1) return words.yesterday;
  return new Intl.DateTimeFormat(words.locale, { dateStyle: "full" }).format(date);
}
