data {
  int<lower=1> N;
  int<lower=1> K;
  array[N] int<lower=1, upper=K> idx;
  vector[N] y;
  vector<lower=0>[N] sigma;
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
}
parameters {
  real mu;
  real<lower=0> tau;
  vector[K] eta;
}
transformed parameters {
  vector[K] theta = mu + tau * eta;
}
model {
  mu ~ normal(0, mu_sd);
  tau ~ normal(0, tau_scale);
  eta ~ std_normal();
  y ~ normal(theta[idx], sigma);
}
