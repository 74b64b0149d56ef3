// Every word that the console shows, French and English side by side, and the choice of language.
// `t` gives a sentence; `label` gives the name of a code of the contract (a state, a product …) and
// shows a code that it does not know as it is, so that a new one is never invisible.

const LANGUAGE_KEY = "console.language";

const TEXTS = {
  "app.title": ["Console Ocean", "Ocean console"],
  "app.name": ["Console des agents", "Agent console"],
  "app.skip": ["Aller au contenu", "Skip to content"],
  "app.tabs": ["Sections", "Sections"],
  "app.conversations": ["Conversations", "Conversations"],
  "app.tickets": ["Demandes", "Tickets"],
  "app.insights": ["Statistiques", "Insights"],
  "app.team": ["Équipe", "Team"],
  "app.other-language": ["English", "Français"],
  "app.sign-out": ["Fermer la session", "Sign out"],
  "app.loading": ["Chargement…", "Loading…"],
  "app.retry": ["Réessayer", "Try again"],
  "app.more": ["Afficher la suite", "Show more"],
  "app.narrow": [
    "Précisez la recherche pour voir le reste.",
    "Narrow the search to see the rest.",
  ],
  "app.close": ["Fermer", "Close"],
  "app.cancel": ["Annuler", "Cancel"],

  "live.online": ["En ligne", "Online"],
  "live.connecting": ["Connexion…", "Connecting…"],
  "live.offline": ["Hors ligne", "Offline"],
  "live.explain": [
    "Ce qui est affiché peut ne plus être à jour. La console se reconnecte d’elle-même.",
    "What is shown may be out of date. The console reconnects by itself.",
  ],

  "sign-in.title": ["Ouvrir une session", "Sign in"],
  "sign-in.email": ["Courriel", "Email"],
  "sign-in.password": ["Mot de passe", "Password"],
  "sign-in.submit": ["Ouvrir la session", "Sign in"],
  "sign-in.wrong": [
    "Courriel ou mot de passe incorrect.",
    "The email or the password is incorrect.",
  ],
  "sign-in.ended": [
    "Votre session a pris fin. Vos brouillons sont conservés dans cet onglet.",
    "Your session has ended. Your drafts are kept in this tab.",
  ],
  "sign-in.demo": ["Mode démonstration", "Demo mode"],
  "sign-in.demo-as": ["Entrer comme {name}", "Enter as {name}"],

  "error.0": [
    "Le serveur n’a pas répondu. Vérifiez la connexion, puis réessayez.",
    "The server did not answer. Check the connection and try again.",
  ],
  "error.401": ["Votre session a pris fin.", "Your session has ended."],
  "error.403": ["Cette action ne vous est pas permise.", "You do not have permission to do this."],
  "error.404": ["Introuvable: peut-être effacé depuis.", "Not found: it may have been erased."],
  "error.409": [
    "Un changement est survenu entre-temps. Voici l’état actuel.",
    "Something changed in the meantime. This is how it stands now.",
  ],
  "error.413": ["Ce texte est trop long.", "This text is too long."],
  "error.422": ["Le serveur a refusé cette valeur.", "The server refused this value."],
  "error.429": [
    "Trop de tentatives. Attendez un moment, puis réessayez.",
    "Too many attempts. Wait a moment and try again.",
  ],
  "error.server": [
    "Le serveur a eu un problème. Réessayez dans un instant.",
    "The server had a problem. Try again in a moment.",
  ],
  "error.other": ["L’action n’a pas abouti.", "The action did not go through."],

  "queue.title": ["File des conversations", "Conversation queue"],
  "queue.state": ["État des conversations", "State of the conversations"],
  "queue.waiting": ["En attente", "Waiting"],
  "queue.agent": ["En cours", "Active"],
  "queue.closed": ["Terminées", "Closed"],
  "queue.search": ["Rechercher une conversation", "Search conversations"],
  "queue.language": ["Langue", "Language"],
  "queue.any-language": ["Toutes les langues", "All languages"],
  "queue.empty-waiting": ["Personne n’attend.", "Nobody is waiting."],
  "queue.empty": ["Aucune conversation ici.", "No conversation here."],
  "queue.none-found": [
    "Aucune conversation ne correspond à ces critères.",
    "No conversation matches these criteria.",
  ],
  "queue.unread": ["Non lue", "Unread"],
  "queue.yours": ["À vous", "Yours"],

  "visitor.unnamed": ["Visiteur", "Visitor"],
  "visitor.site": ["Site {number}", "Site {number}"],
  "priority.high": ["Prioritaire", "Priority"],

  "conversation.choose": [
    "Choisissez une conversation dans la liste.",
    "Choose a conversation from the list.",
  ],
  "conversation.choose-keys": [
    "Les flèches ↑ et ↓ parcourent la liste, Entrée ouvre la conversation.",
    "The ↑ and ↓ arrows move through the list, Enter opens a conversation.",
  ],
  "conversation.gone": [
    "Cette conversation n’existe plus. Le visiteur l’a peut-être effacée.",
    "This conversation no longer exists. The visitor may have erased it.",
  ],
  "conversation.waits": ["Attend depuis {wait}", "Waiting for {wait}"],
  "conversation.with": ["Avec {name}", "With {name}"],
  "conversation.with-you": ["Avec vous", "With you"],
  "conversation.transcript": ["Échanges", "Transcript"],
  "conversation.newer": ["Nouveaux messages", "New messages"],
  "conversation.sources": ["Sources", "Sources"],
  "conversation.offered": ["Choix offerts", "Choices offered"],
  "conversation.claim": ["Prendre en charge", "Claim"],
  "conversation.return": ["Rendre à l’assistant", "Return to bot"],
  "conversation.transfer": ["Transférer", "Transfer"],
  "conversation.resolve": ["Terminer", "Resolve"],
  "conversation.claimed-elsewhere": [
    "Quelqu’un de l’équipe a déjà pris cette conversation en charge.",
    "A colleague has already claimed this conversation.",
  ],
  "conversation.claimed": ["La conversation est à vous.", "The conversation is yours."],
  "conversation.returned": [
    "L’assistant a repris la conversation.",
    "The bot has the conversation again.",
  ],
  "conversation.transferred": [
    "Conversation transférée à {name}.",
    "Conversation transferred to {name}.",
  ],
  "conversation.resolved": ["Conversation terminée.", "Conversation resolved."],

  "transfer.title": ["Transférer à quelqu’un d’autre", "Transfer to somebody else"],
  "transfer.agent": ["Agent", "Agent"],
  "transfer.alone": [
    "Il n’y a personne d’autre à qui transférer.",
    "There is nobody else to transfer to.",
  ],
  "resolve.title": ["Terminer la conversation", "Resolve the conversation"],
  "resolve.note": ["Note (facultative)", "Note (optional)"],
  "resolve.explain": [
    "L’assistant répondra de nouveau si le visiteur écrit.",
    "The bot answers again if the visitor writes.",
  ],

  "reply.label": ["Votre réponse", "Your reply"],
  "reply.hint-fr": ["Répondez en français", "Reply in French"],
  "reply.hint-en": ["Répondez en anglais", "Reply in English"],
  "reply.keys": ["Ctrl + Entrée pour envoyer", "Ctrl + Enter to send"],
  "reply.draft": ["Brouillon conservé", "Draft kept"],
  "reply.send": ["Envoyer", "Send"],
  "reply.uncertain": [
    "Le serveur ne répond pas; l’envoi reprend de lui-même.",
    "The server does not answer; sending goes on by itself.",
  ],
  "reply.locked-waiting": [
    "Prenez la conversation en charge pour répondre.",
    "Claim the conversation to reply.",
  ],
  "reply.locked-bot": [
    "L’assistant répond au visiteur. Prenez la conversation en charge pour répondre à sa place.",
    "The bot is answering the visitor. Claim the conversation to reply instead.",
  ],
  "reply.locked-agent": ["{name} répond à ce visiteur.", "{name} is replying to this visitor."],
  "reply.locked-closed": [
    "Cet échange est terminé. La conversation se rouvrira si le visiteur écrit.",
    "Conversation closed. It reopens if the visitor writes.",
  ],

  "panel.title": ["Dossier du visiteur", "Visitor’s file"],
  "panel.summary": ["En bref", "In brief"],
  "panel.identity": ["Identité", "Identity"],
  "panel.verified": ["Identité vérifiée", "Verified identity"],
  "panel.verified-explain": [
    "Attestée par la connexion à Ocean.",
    "Vouched for by the Ocean sign-in.",
  ],
  "panel.anonymous": ["Visiteur anonyme", "Anonymous visitor"],
  "panel.anonymous-explain": [
    "Sans connexion à Ocean: rien de ce qui est dit ici n’est vérifié.",
    "Not signed in to Ocean: nothing said here is verified.",
  ],
  "panel.slots": ["Renseignements recueillis", "Collected details"],
  "panel.no-slots": ["Aucun pour l’instant.", "None yet."],
  "panel.diagnosis": ["Vérification des frais", "Fee check"],
  "panel.no-diagnosis": [
    "Aucune vérification des frais n’a été faite.",
    "No fee check was made.",
  ],
  "panel.evidence": ["Éléments à l’appui", "Evidence"],
  "panel.as-of": ["au {date}", "as of {date}"],
  "panel.tickets": ["Demandes", "Tickets"],
  "panel.no-tickets": ["Aucune demande déposée.", "No ticket was filed."],

  "tickets.title": ["Liste des demandes", "Ticket list"],
  "tickets.search": ["Rechercher une demande", "Search tickets"],
  "tickets.kind": ["Type", "Kind"],
  "tickets.any-kind": ["Tous les types", "All kinds"],
  "tickets.state": ["État", "State"],
  "tickets.any-state": ["Tous les états", "All states"],
  "tickets.delivery": ["Transmission", "Delivery"],
  "tickets.any-delivery": ["Toutes les transmissions", "Any delivery"],
  "tickets.empty": [
    "Aucune demande ne correspond à ces critères.",
    "No ticket matches these criteria.",
  ],
  "tickets.detail": ["Demande", "Ticket"],
  "tickets.choose": ["Choisissez une demande dans la liste.", "Choose a ticket from the list."],
  "tickets.gone": ["Cette demande n’existe pas.", "This ticket does not exist."],
  "ticket.filed": ["Déposée le {date}", "Filed {date}"],
  "ticket.undelivered": ["Non transmise", "Undelivered"],
  "ticket.to-confirm": [
    "À confirmer auprès d’un administrateur du site",
    "To confirm with a site admin",
  ],
  "ticket.fields": ["Contenu", "Details"],
  "ticket.checklist": ["Liste de vérification", "Checklist"],
  "ticket.history": ["Historique", "History"],
  "history.opened": ["a déposé la demande", "filed the ticket"],
  "history.done": ["{item}: fait", "{item}: done"],
  "history.not done": ["{item}: à refaire", "{item}: to be done again"],
  "history.state": ["État: {before} → {after}", "State: {before} → {after}"],
  "history.note": ["a ajouté une note: {note}", "added a note: {note}"],
  "history.asked-again": [
    "a noté: {name} ‹{email}› a aussi demandé cette annulation",
    "noted: {name} ‹{email}› also asked for this cancellation",
  ],
  "history.note-erased": ["Note effacée", "Note erased"],
  "history.retried": ["a relancé la transmission", "tried the delivery again"],
  "history.erased": [
    "Renseignements personnels effacés",
    "Personal information erased",
  ],
  "ticket.no-history": ["Rien pour l’instant.", "Nothing yet."],
  "ticket.delivery": ["Transmission au centre d’assistance", "Delivery to the helpdesk"],
  "ticket.attempts": ["Tentatives", "Attempts"],
  "ticket.external": ["Numéro externe", "External number"],
  "ticket.last-error": ["Dernière erreur", "Last error"],
  "ticket.conversation": ["Voir la conversation", "See the conversation"],
  "ticket.no-conversation": ["Conversation effacée", "Conversation erased"],
  "ticket.saved": ["Enregistré.", "Saved."],

  "alerts.label": ["Alertes", "Alerts"],
  "alerts.on": ["Alertes activées", "Alerts are on"],
  "alerts.off": ["Alertes désactivées", "Alerts are off"],
  "alerts.waiting": ["Quelqu’un attend une personne.", "Somebody is waiting for a person."],
  "alerts.late": ["Quelqu’un attend trop longtemps.", "Somebody has waited too long."],
  "alerts.message": ["Un visiteur vous a écrit.", "A visitor wrote to you."],

  "keys.title": ["Raccourcis clavier", "Keyboard shortcuts"],
  "keys.enter": ["Entrée", "Enter"],
  "keys.list": ["Parcourir la liste et ouvrir", "Move through the list and open"],
  "keys.neighbour": ["Conversation ou demande voisine", "Neighbouring conversation or ticket"],
  "keys.send": ["Envoyer la réponse", "Send the reply"],
  "keys.canned": ["Réponses types, dans une réponse vide", "Canned replies, in an empty reply"],
  "keys.suggested": ["Insérer un article suggéré", "Insert a suggested article"],
  "keys.close": ["Fermer une fenêtre", "Close a dialog"],
  "keys.help": ["Montrer les raccourcis", "Show the shortcuts"],

  "queue.late": ["Attente trop longue", "Waiting too long"],
  "queue.filters": ["Filtres", "Filters"],
  "queue.topic": ["Sujet", "Topic"],
  "queue.any-topic": ["Tous les sujets", "All topics"],
  "queue.priority": ["Priorité", "Priority"],
  "queue.any-priority": ["Toutes les priorités", "All priorities"],
  "queue.site": ["Numéro de site", "Site number"],
  "queue.mine": ["Les miennes seulement", "Mine only"],

  "conversation.masked": ["Renseignement masqué", "Information masked"],
  "conversation.masked-explain": [
    "Une partie du message a été masquée avant d’être conservée: personne ne peut la lire.",
    "Part of this message was masked before it was kept: nobody can read it.",
  ],
  "conversation.typing": ["Le visiteur écrit…", "The visitor is typing…"],
  "conversation.read": ["Lu par le visiteur", "Read by the visitor"],

  "reply.as-note": ["Note interne", "Internal note"],
  "reply.noted": [
    "Note gardée. Le visiteur ne la voit pas.",
    "Note kept. The visitor does not see it.",
  ],
  "reply.preview": ["Aperçu", "Preview"],
  "reply.canned": ["Réponses types", "Canned replies"],
  "reply.canned-search": ["Chercher une réponse type", "Search canned replies"],
  "reply.suggested": ["Articles suggérés (Alt + chiffre)", "Suggested articles (Alt + number)"],
  "reply.sending": ["Envoi…", "Sending…"],
  "reply.lost": [
    "La conversation n’est plus à vous: votre réponse n’est pas partie et reste dans la boîte.",
    "The conversation is no longer yours: your reply was not sent and stays in the box.",
  ],

  "brief.asked": ["Demandé", "Asked"],
  "brief.tried": ["Essayé", "Tried"],
  "brief.found": ["Constaté", "Found"],
  "brief.open": ["En suspens", "Open"],
  "brief.article": ["Article montré: {title}", "Article shown: {title}"],
  "brief.abstained": ["L’assistant n’a pas su répondre ({count})", "The bot had no answer ({count})"],
  "brief.failed": ["Panne du service ({count})", "Service failure ({count})"],
  "brief.unfinished": ["Une demande est commencée", "A request has been begun"],
  "brief.unanswered": ["Le dernier message attend une réponse", "The last message awaits a reply"],
  "panel.notes": ["Notes internes", "Internal notes"],

  "ticket.retry": ["Transmettre de nouveau", "Deliver again"],
  "ticket.sent-again": ["Nouvel essai lancé.", "Being delivered again."],

  "insights.span": ["Période", "Period"],
  "insights.days": ["{days} derniers jours", "Last {days} days"],
  "insights.wait": ["Attente médiane", "Median wait"],
  "insights.long-wait": ["9 sur 10 en moins de {wait}", "9 in 10 within {wait}"],
  "insights.satisfaction": ["Satisfaction", "Satisfaction"],
  "insights.of-five": ["sur 5 (avis: {count})", "out of 5 (ratings: {count})"],
  "insights.reasons": [
    "Raisons du passage à une personne",
    "Reasons for handing off to a person",
  ],
  "insights.scores": ["Notes des visiteurs", "Visitors’ ratings"],
  "insights.failing": ["Articles jugés inutiles", "Articles found unhelpful"],
  "insights.of-shown": ["{count} sur {shown}", "{count} of {shown}"],
  "insights.comments": ["Commentaires", "Comments"],
  "insights.nothing": ["Rien pour cette période.", "Nothing in this period."],

  "chart.volume": ["Conversations par jour", "Conversations a day"],
  "chart.answers": ["Réponses de l’assistant", "The bot’s answers"],
  "chart.waits": ["Attente médiane, en minutes", "Median wait, in minutes"],
  "chart.satisfied": ["Satisfaction, de 1 à 5", "Satisfaction, 1 to 5"],
  "chart.conversations": ["Conversations", "Conversations"],
  "chart.contained": ["Réglées par l’assistant", "Settled by the bot"],
  "chart.handed_off": ["Confiées à un agent", "Handed off"],
  "chart.helpful": ["Utiles", "Helpful"],
  "chart.not_helpful": ["Inutiles", "Unhelpful"],
  "chart.abstained": ["Questions sans réponse", "Unanswered questions"],
  "chart.wait_min": ["Minutes", "Minutes"],
  "chart.satisfaction": ["Note moyenne", "Mean rating"],
  "chart.numbers": ["Les chiffres", "The numbers"],
  "chart.day": ["Jour", "Day"],

  "gaps.title": ["Ce qui manque aux articles", "What the articles lack"],
  "gaps.explain": [
    "Questions restées sans réponse, regroupées par sens, dans les deux langues.",
    "Questions without an answer, grouped by meaning, in both languages.",
  ],
  "gaps.replay": ["Rejouer les questions", "Play the questions again"],
  "gaps.replaying": ["Les questions sont rejouées…", "Playing the questions again…"],
  "gaps.replayed": [
    "Lacunes comblées: {closed} sur {count}.",
    "Gaps closed: {closed} of {count}.",
  ],
  "gaps.none": ["Toutes les questions ont eu une réponse.", "Every question had an answer."],
  "gaps.asked": ["Questions: {count}", "Questions: {count}"],
  "gaps.closed": ["Comblée", "Closed"],
  "gaps.partly": ["En partie", "Partly"],
  "gaps.open": ["Ouverte", "Open"],
  "gaps.more": ["et {count} de plus", "and {count} more"],
  "gaps.nearest": ["Section la plus proche:", "Nearest section:"],
  "gaps.nothing-near": ["Aucune section proche.", "No section comes near."],
  "gaps.draft": ["Ébauche d’article", "Draft an article"],

  "team.password": ["Mon mot de passe", "My password"],
  "team.password-current": ["Mot de passe actuel", "Current password"],
  "team.password-new": ["Nouveau mot de passe", "New password"],
  "team.password-hint": [
    "Au moins 12 caractères; quelques mots à la suite se retiennent bien.",
    "At least 12 characters; a few words in a row are easy to remember.",
  ],
  "team.password-change": ["Changer le mot de passe", "Change the password"],
  "team.password-changed": [
    "Mot de passe changé; vos autres sessions sont fermées.",
    "Password changed; your other sessions have ended.",
  ],
  "team.password-weak": [
    "Ce mot de passe se devine trop facilement. Quelques mots à la suite valent mieux.",
    "This password is too easily guessed. A few words in a row are better.",
  ],
  "team.email-taken": [
    "Un compte existe déjà avec ce courriel.",
    "There is an account with this email already.",
  ],
  "team.password-wrong": ["Le mot de passe actuel est incorrect.", "The current password is wrong."],
  "team.sessions": ["Mes sessions", "My sessions"],
  "team.this-session": ["Celle-ci", "This one"],
  "team.end-others": ["Fermer les autres sessions", "End the other sessions"],
  "team.others-ended": ["Les autres sessions sont fermées.", "The other sessions have ended."],
  "team.unknown-device": ["Appareil inconnu", "Unknown device"],
  "team.accounts": ["Agents", "Agents"],
  "team.add": ["Ajouter un agent", "Add an agent"],
  "team.added": ["{name} peut maintenant ouvrir une session.", "{name} can now sign in."],
  "team.name": ["Nom", "Name"],
  "team.email": ["Courriel", "Email"],
  "team.role": ["Rôle", "Role"],
  "team.role-of": ["Rôle de {name}", "Role of {name}"],
  "team.seen": ["Dernière activité", "Last active"],
  "team.never-seen": ["Hors ligne", "Offline"],
  "team.actions": ["Actions", "Actions"],
  "team.disable": ["Désactiver", "Disable"],
  "team.enable": ["Réactiver", "Enable"],
  "team.new-password": ["Nouveau mot de passe", "New password"],
  "team.new-password-for": ["Nouveau mot de passe pour {name}", "New password for {name}"],
  "team.tell-password": [
    "Transmettez-le de vive voix; la personne pourra le changer.",
    "Pass it on in person; its owner can change it.",
  ],
  "team.save": ["Enregistrer", "Save"],
  "team.saved": ["Enregistré.", "Saved."],

  "insights.title": ["Statistiques", "Insights"],
  "insights.conversations": ["Conversations", "Conversations"],
  "insights.contained": ["Réglées par l’assistant", "Settled by the bot"],
  "insights.handed-off": ["Confiées à un agent", "Handed off"],
  "insights.abstained": ["Questions sans réponse", "Unanswered questions"],
  "insights.helpful": ["Réponses jugées utiles", "Answers found helpful"],
  "insights.not-helpful": ["Réponses jugées inutiles", "Answers found unhelpful"],
  "insights.share": ["{percent} des conversations", "{percent} of conversations"],
  "insights.share-feedback": ["{percent} des avis", "{percent} of the ratings"],
  "insights.articles": ["Articles les plus utilisés", "Most used articles"],

  "value.yes": ["Oui", "Yes"],
  "value.no": ["Non", "No"],
  "value.none": ["Non précisé", "Not given"],
  "value.erased": ["Effacé", "Erased"],
  "unit.day": ["j", "d"],
};

const CODES = {
  language: { fr: ["Français", "French"], en: ["Anglais", "English"] },
  author: {
    visitor: ["Visiteur", "Visitor"],
    bot: ["Assistant", "Bot"],
    agent: ["Agent", "Agent"],
    system: ["Système", "System"],
    assistant: ["Assistant", "Bot"],
    requester: ["Demandeur", "Requester"],
    operator: ["Exploitation", "Operator"],
    retention: ["Conservation des données", "Data retention"],
  },
  state: {
    bot: ["Avec l’assistant", "With the bot"],
    waiting: ["En attente", "Waiting"],
    agent: ["En cours", "Active"],
    closed: ["Terminée", "Closed"],
  },
  // Kinds worth a word in the transcript; the others are plain from the message itself.
  message: {
    clarify: ["Précision demandée", "Asked to clarify"],
    diagnosis: ["Vérification des frais", "Fee check"],
    form: ["Question", "Question"],
    recap: ["Récapitulatif", "Recap"],
    ticket: ["Demande", "Ticket"],
    handoff: ["Relais", "Handoff"],
    abstain: ["Sans réponse", "No answer"],
    notice: ["Avis", "Notice"],
    error: ["Erreur", "Error"],
  },
  priority: { high: ["Prioritaires", "Priority"], normal: ["Ordinaires", "Ordinary"] },
  agentRole: { agent: ["Agent", "Agent"], lead: ["Responsable", "Lead"] },
  // Why a person is wanted.
  reason: {
    asked: ["A demandé une personne", "Asked for a person"],
    abstained: ["Assistant sans réponse", "Bot had no answer"],
    angry: ["Mécontentement", "Upset"],
    failed: ["Panne du service", "Service failure"],
    unhelpful: ["Réponses inutiles", "Unhelpful answers"],
    taken_over: ["Intervention d’un agent", "An agent stepped in"],
  },
  ticketKind: {
    cancellation: ["Annulation", "Cancellation"],
    billing_review: ["Révision de facturation", "Billing review"],
    support_request: ["Message à l’équipe", "Message to the team"],
  },
  ticketState: {
    open: ["Ouverte", "Open"],
    in_progress: ["En cours", "In progress"],
    done: ["Traitée", "Done"],
    rejected: ["Fermée sans suite", "Closed without action"],
    withdrawn: ["Retirée", "Withdrawn"],
  },
  delivery: {
    pending: ["À transmettre", "To be delivered"],
    in_flight: ["Transmission en cours", "Being delivered"],
    unknown: ["Nouvel essai prévu", "Will be tried again"],
    delivered: ["Transmise", "Delivered"],
    rejected: ["Refusée par le centre d’assistance", "Refused by the helpdesk"],
    dead: ["Échec de la transmission", "Delivery failed"],
  },
  deliveryKind: {
    transcript: ["Conversation", "Conversation"],
    comment: ["Commentaire", "Comment"],
    redaction: ["Caviardage", "Redaction"],
  },
  check: {
    account_reviewed: ["Compte examiné", "Account reviewed"],
    products_confirmed: ["Services confirmés", "Services confirmed"],
    emr_vendor_told: ["Fournisseur de DMÉ prévenu", "EMR vendor told"],
    processed: ["Demande traitée", "Request processed"],
  },
  product: {
    tablets_kiosks: ["Tablettes et kiosques", "Tablets & Kiosks"],
    patient_messages: ["Messages aux patients", "Patient Messages"],
    patient_reminders: ["Rappels aux patients", "Patient Reminders"],
    website_forms: ["Formulaires de site Web", "Website Forms"],
    online_booking: ["Réservation en ligne", "Online Booking"],
    studies: ["Études", "Studies"],
    cloud_connect: ["Cloud Connect", "Cloud Connect"],
    ereferral: ["eRéférence", "eReferral"],
  },
  finding: {
    unverified: ["Visiteur anonyme", "Anonymous visitor"],
    directory_unavailable: ["Données de compte indisponibles", "Account data unavailable"],
    billed_by_emr_vendor: ["Facturation par le fournisseur de DMÉ", "Billed by the EMR vendor"],
    no_message_charges: ["Aucuns frais par message", "No per-message fees"],
    site_without_subscription: ["Site sans licence", "Site without a licence"],
    sender_not_licensed: ["Expéditeur sans licence", "Sender not licensed"],
    not_linked: ["Comptes non liés", "Accounts not linked"],
    linked_elsewhere: ["Compte lié ailleurs", "Linked elsewhere"],
    link_unknown: ["Lien inconnu", "Link unknown"],
    linked_after_charges: ["Comptes liés après les frais", "Linked after the charges"],
    other_senders: ["Frais de collègues", "Colleagues’ charges"],
    // No finding, but as what a finding is told that leaves messages unexplained.
    unexplained: ["À examiner par une personne", "To be examined by a person"],
  },
  article: {
    "accuro-oceanapi-permissions": [
      "Les permissions de l’utilisateur OceanAPI dans Accuro",
      "Permissions of the OceanAPI user in Accuro",
    ],
    "billing-overview": ["Comment fonctionne la facturation d’Ocean", "How Ocean billing works"],
    "billing-page-admin": ["La page Facturation de l’administrateur", "The admin’s Billing page"],
    "cancel-per-product": ["Annuler, produit par produit", "Cancel, product by product"],
    "cancel-services": [
      "Annuler des services ou des abonnements Ocean",
      "Cancel Ocean services or subscriptions",
    ],
    "cloud-connect-about": [
      "À quoi sert Cloud Connect et comment y entrer",
      "What Cloud Connect is for and how to get in",
    ],
    "cloud-connect-enable": ["Activer Cloud Connect", "Turn on Cloud Connect"],
    "contact-support": ["Joindre l’équipe de soutien", "Contact the support team"],
    "delegates": ["Les délégués cliniques", "Clinical delegates"],
    "emr-vendor-billing": ["Être facturé par son fournisseur de DMÉ", "Billed through your EMR vendor"],
    "encryption-key": [
      "Clé de chiffrement partagée perdue ou remplacée",
      "Shared encryption key lost or replaced",
    ],
    "ereferral-billing": ["Frais des eRéférences et des eConseils", "eReferral and eConsult fees"],
    "finance-admin-email": ["Recevoir une copie des factures", "Receive a copy of the invoices"],
    "invoice-details": ["Voir le détail d’une facture", "See the details of an invoice"],
    "licence-add": ["Ajouter une licence", "Add a licence"],
    "licence-remove": ["Retirer une licence", "Remove a licence"],
    "licence-types": ["Les licences Ocean, de base et Plus", "Ocean licences, Basic and Plus"],
    "licence-who-needs": [
      "Qui a besoin d’une licence pour écrire aux patients",
      "Who needs a licence to message patients",
    ],
    "link-emr-account": [
      "Lier votre compte du DMÉ à votre compte Ocean",
      "Link your EMR account to your Ocean account",
    ],
    "link-error-existing": [
      "L’erreur de lien de compte du DMÉ existant",
      "The error about an existing EMR account link",
    ],
    "maintenance-window": ["Interruptions planifiées d’Ocean", "Ocean’s planned interruptions"],
    "online-booking-stop-billing": [
      "Cesser la facturation de la réservation en ligne",
      "Stop billing for online booking",
    ],
    "password-username-email": [
      "Mot de passe, nom d’utilisateur et courriel du compte",
      "Password, username and account email",
    ],
    "past-invoices": ["Retrouver ou renvoyer une ancienne facture", "Find or re-send a past invoice"],
    "payer-change": ["Changer le payeur du site", "Change the site’s payer"],
    "payment-method-setup": ["Enregistrer une carte ou un débit bancaire", "Add a card or a bank debit"],
    "payment-method-update": ["Changer de carte ou de compte bancaire", "Replace the card or bank account"],
    "per-message-fees": ["Frais par message malgré un abonnement", "Per-message fees despite a subscription"],
    "prepay-cheque": ["Payer d’avance ou par chèque", "Pay in advance or by cheque"],
    "prices-where": ["Où voir les prix d’Ocean", "Where to see Ocean’s prices"],
    "regional-authority-coverage": [
      "Licences payées par une autorité régionale",
      "Licences paid for by a regional authority",
    ],
    "roles-site-admin": ["Donner l’accès d’administrateur de site", "Give site admin access"],
    "site-contacts": [
      "Adresses de notification et d’expédition du site",
      "The site’s notification and sender addresses",
    ],
    "site-number": ["Trouver le numéro de votre site Ocean", "Find your Ocean site number"],
    "sms-reminder-fees": ["Rappels par texto : frais et langue", "Text-message reminders: fees and language"],
    "study-delete": ["Supprimer une étude terminée", "Delete a finished study"],
    "subsites-separate-bills": ["Facturer séparément avec des sous-sites", "Bill separately with subsites"],
    "support-site-access": [
      "Donner accès à votre site à un partenaire",
      "Give a partner access to your site",
    ],
    "tablet-deregister": ["Désenregistrer une tablette ou un kiosque", "Deregister a tablet or kiosk"],
    "two-factor": ["L’authentification à deux facteurs", "Two-factor authentication"],
    "user-add": ["Inviter un utilisateur", "Invite a user"],
    "user-remove": ["Retirer un utilisateur", "Remove a user"],
    "users-page-export": ["Exporter la liste des utilisateurs", "Export the users list"],
    "website-form-delete": ["Supprimer un lien de formulaire de site Web", "Delete a website form link"],
  },
  topic: {
    faq: ["FAQ", "FAQ"],
    fees: ["Frais", "Fees"],
    cancellation: ["Annulation", "Cancellation"],
    ticket: ["Demande", "Ticket"],
    tickets: ["Demandes", "Tickets"],
    handoff: ["Relais", "Handoff"],
    abstain: ["Sans réponse", "No answer"],
    clarify: ["À préciser", "To clarify"],
    "second-question": ["Deuxième question", "Second question"],
    support: ["Message à l’équipe", "Message to the team"],
  },
  source: {
    database: ["Base de données", "Database"],
    csv: ["CSV importé", "Imported CSV"],
    service: ["Service de comptes", "Account service"],
  },
  // What a piece of evidence shows, where it comes as a code and not as a sentence.
  fact: {
    billed_by: ["Émetteur de la facture connu", "Issuer of the invoice known"],
    no_invoices: ["Aucune facture", "No invoice"],
    no_charges: ["Aucuns frais par message sur la facture", "No per-message fees on the invoice"],
    charges: ["Frais par message sur la facture", "Per-message fees on the invoice"],
    colleague_charges: ["Frais de collègues sur la facture", "Colleagues’ charges on the invoice"],
    unattributed_charges: ["Messages sans expéditeur précisé", "Messages with no sender stated"],
    no_site_licence: ["Aucune licence de messages au site", "No messaging licence at the site"],
    licence: ["Couverture par une licence", "Covered by a licence"],
    no_licence: ["Aucune licence", "No licence"],
    link_seen: ["Lien avec un compte de DMÉ", "Link to an EMR account"],
    no_link_seen: ["Aucun lien avec un compte de DMÉ", "No link to an EMR account"],
  },
  // Which of a product that is sold in two ways.
  scope: {
    site_wide: ["Tout le site", "The whole site"],
    licence: ["Licence ou étude précise", "One licence or study"],
  },
  duty: {
    call_emr_vendor: ["Téléphoner au fournisseur de DMÉ", "Phone the EMR vendor"],
    tell_emr_vendor: ["Prévenir le fournisseur de DMÉ", "Tell the EMR vendor"],
    cloud_connect_caution: ["Mise en garde Cloud Connect", "Cloud Connect caution"],
    self_service: ["À arrêter par la clinique elle-même", "For the clinic to stop itself"],
    same_licence: ["Messages et rappels : une seule licence", "Messages and reminders: one licence"],
  },
  claim: {
    anonymous: ["Visiteur anonyme", "Anonymous visitor"],
    "signed_in:site_admin:same_site": [
      "Vérifiée: administrateur de ce site",
      "Verified: admin of this site",
    ],
    "signed_in:site_admin:other_site": [
      "Vérifiée: administrateur d’un autre site",
      "Verified: admin of another site",
    ],
    "signed_in:user:same_site": [
      "Vérifiée: utilisateur de ce site",
      "Verified: user of this site",
    ],
    "signed_in:user:other_site": [
      "Vérifiée: utilisateur d’un autre site",
      "Verified: user of another site",
    ],
  },
  role: {
    site_admin: ["Administrateur de site", "Site admin"],
    admin: ["Administrateur de site", "Site admin"],
    user: ["Utilisateur", "User"],
  },
  field: {
    products: ["Services", "Services"],
    product: ["Service", "Service"],
    requester_name: ["Demandeur", "Requester"],
    requester_email: ["Courriel", "Email"],
    site_number: ["Numéro de site", "Site number"],
    emr_vendor: ["Fournisseur de DMÉ", "EMR vendor"],
    reason: ["Raison", "Reason"],
    language: ["Langue", "Language"],
    name: ["Nom", "Name"],
    email: ["Courriel", "Email"],
    external_id: ["Utilisateur Ocean", "Ocean user"],
    roles: ["Rôles", "Roles"],
    scopes: ["Type d’abonnement", "Kind of subscription"],
    duties_shown: ["Avis montrés et acceptés", "Notices shown and accepted"],
    overlaps: ["Demandes qui se recoupent", "Overlapping requests"],
    unknown_services: ["Nommé aussi, mais inconnu", "Also named, but unknown"],
    duty: ["Démarche", "Duty"],
    text: ["Texte", "Text"],
    shown_at: ["Montré le", "Shown at"],
    accepted_at: ["Accepté le", "Accepted at"],
    duties: ["Démarches de la clinique", "For the clinic to do"],
    identity: ["Identité", "Identity"],
    reason_skipped: ["Raison omise", "Reason skipped"],
    cloud_connect_understood: ["Mise en garde Cloud Connect lue", "Cloud Connect caution read"],
    message_count: ["Messages", "Messages"],
    amount_cents: ["Montant", "Amount"],
    total_cents: ["Total", "Total"],
    finding: ["Constat", "Finding"],
    headline: ["Conclusion", "Conclusion"],
    lines: ["Détail", "Details"],
    evidence: ["Éléments à l’appui", "Evidence"],
    fact: ["Fait", "Fact"],
    source: ["Source", "Source"],
    as_of: ["Données du", "As of"],
    invoice_number: ["Numéro de facture", "Invoice number"],
    month: ["Mois", "Month"],
    months: ["Mois facturés", "Months billed"],
    currency: ["Devise", "Currency"],
    senders: ["Expéditeurs", "Senders"],
    user_id: ["Utilisateur Ocean", "Ocean user"],
    unexplained_count: ["Messages inexpliqués", "Unexplained messages"],
    first_on: ["Premier envoi", "First sent"],
    last_on: ["Dernier envoi", "Last sent"],
    by_month: ["Par mois", "By month"],
    found_at: ["Vérifié le", "Checked on"],
    from_files: ["D’après des fichiers déposés", "From files that were uploaded"],
    question: ["Question", "Question"],
    summary: ["En bref", "In brief"],
    subject: ["Objet", "Subject"],
    description: ["Description", "Description"],
  },
};

/** "fr" or "en": what the agent chose, else what the browser prefers, else French. */
export function language() {
  const chosen = localStorage.getItem(LANGUAGE_KEY);
  if (chosen === "fr" || chosen === "en") return chosen;
  const preferred = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return preferred.find((tag) => tag === "fr" || tag === "en") ?? "fr";
}

export function switchLanguage() {
  localStorage.setItem(LANGUAGE_KEY, otherLanguage());
}

export const otherLanguage = () => (language() === "fr" ? "en" : "fr");

/** The sentence `key`, with each `{name}` replaced; a key that does not exist is a mistake. */
export function t(key, values = {}) {
  const pair = TEXTS[key];
  if (!pair) throw new Error(`labels.js holds no text "${key}"`);
  return inLanguage(pair).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** The name of `code` among the codes of one `kind`; what is a sentence already stays as it is. */
export function label(kind, code) {
  const pair = CODES[kind][code];
  if (pair) return inLanguage(pair);
  return /^[a-z0-9_-]+$/.test(code) ? code.replace(/[_-]/g, " ") : String(code);
}

/** Whether `code` has a name: a kind of message without one is not worth showing. */
export const hasLabel = (kind, code) => Object.hasOwn(CODES[kind], code);

/** The codes of one kind, in the order in which people meet them. */
export const codes = (kind) => Object.keys(CODES[kind]);

/** A topic ("faq/past-invoices", "fees/not_linked") in words. */
export function topicLabel(topic) {
  const [family, rest] = topic.split("/", 2);
  if (family === "faq" && rest) return label("article", rest.split(/[.#]/)[0]);
  if (family === "fees" && rest) return `${label("topic", family)} · ${label("finding", rest)}`;
  return label("topic", family);
}

function inLanguage([french, english]) {
  // Canadian French puts a no-break space before a colon; it is put here, once, for every text.
  return language() === "fr" ? french.replace(/(\S):(\s|$)/g, "$1\u00a0:$2") : english;
}
