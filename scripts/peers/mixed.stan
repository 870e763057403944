data {
  int<lower=1> N;
  int<lower=1> K;
  int<lower=0, upper=K> M;
  array[N] int<lower=1, upper=K> idx;
  array[M] int<lower=1, upper=K> centered;
  array[K - M] int<lower=1, upper=K> noncentered;
  vector[N] y;
  vector<lower=0>[N] sigma;
  real<lower=0> mu_sd;
  real<lower=0> tau_scale;
}
parameters {
  real mu;
  real<lower=0> tau;
  vector[M] theta_centered;
  vector[K - M] eta;
}
transformed parameters {
  vector[K] theta;
  theta[centered] = theta_centered;
  theta[noncentered] = mu + tau * eta;
}
model {
  mu ~ normal(0, mu_sd);
  tau ~ normal(0, tau_scale);
  theta_centered ~ normal(mu, tau);
  eta ~ std_normal();
  y ~ normal(theta[idx], sigma);
}
